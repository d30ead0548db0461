import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./lib/process.mjs";
import { JAVASCRIPT_FILE, javaScript, RUST_FILE, rust, UNICODE } from "./text-tables.mjs";

const skip =
  process.versions.unicode === UNICODE
    ? false
    : `this Node has Unicode ${process.versions.unicode}`;

test("the tables for text from outside are those of the script", { skip }, () => {
  assert.equal(readFileSync(join(root, RUST_FILE), "utf8"), rust());
  assert.equal(readFileSync(join(root, JAVASCRIPT_FILE), "utf8"), javaScript());
});
