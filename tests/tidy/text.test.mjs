import assert from "node:assert/strict";
import test from "node:test";
import { longLines, metaphors } from "./text.mjs";

test("metaphors are found in names and identifiers, not in comments and texts", () => {
  const code = 'const toldOnce = "a story"; // a cue\nNO_LANES; stage("patient"); untold;';
  assert.deepEqual(metaphors("src/js/voice.js", code), ["voice", "toldOnce", "NO_LANES"]);
  assert.deepEqual(metaphors("src/a.rs", "fn f<'a>(x: &'a Purse) { 'x' } // told"), ["Purse"]);
});

test("long lines are found, except for URLs and tables", () => {
  const url = `// https://a.example/${"x".repeat(100)}`;
  const table = `// | ${"x".repeat(100)} |`;
  const text = [url, table, "𝄞".repeat(100), "x".repeat(101)].join("\n");
  assert.deepEqual(longLines(text, 100), [4]);
});
