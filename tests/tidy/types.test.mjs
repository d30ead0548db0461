import assert from "node:assert/strict";
import test from "node:test";
import { namedByCore, namedByTypes, undocumented } from "./types.mjs";

test("names are found in the core and not in its tests", () => {
  const core = namedByCore({
    "src/event.rs":
      '#[serde(rename = "run.started")]\nRunStarted,\n"usage" // "run.failed"\n' +
      "enum WarningCode {\n  OneResponse,\n}\n" +
      '#[cfg(test)]\n"run.other"',
    "src/error.rs": "pub enum Code {\n  /// Why.\n  InvalidRequest,\n  #[x]\n  Timeout,\n}",
  });
  assert.deepEqual(core, {
    events: ["run.started", "usage"],
    errors: ["invalid_request", "timeout"],
    warnings: ["one_response"],
  });
});

test("names are found in the types", () => {
  const text = `export interface FusionEventMap {
  "run.started": { a: 1 };
  "usage": {
    b: 1;
  };
}
export type FusionErrorCode =
 | "a" | "b"
 | (string & {});
export type WarningCode = "c";`;
  assert.deepEqual(namedByTypes(text), {
    events: ["run.started", "usage"],
    errors: ["a", "b"],
    warnings: ["c"],
  });
});

test("declarations without a doc comment are found", () => {
  const text =
    "/** Doc. */\nexport interface A {\n  /** Doc. */\n  good: 1;\n  bad?: 1;\n  index: 1;\n}\n\n" +
    "export type B = 1;\n/* --------- part */\nexport function c(): void;\n";
  assert.deepEqual(undocumented(text), ["A.bad", "B", "c"]);
});
