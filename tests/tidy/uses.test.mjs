import assert from "node:assert/strict";
import test from "node:test";
import { uses } from "./uses.mjs";

const reads = (source, file = "src/provider/dialect/chat.rs") => uses(file, source).sort();

test("use items may have groups, renames and line breaks", () => {
  const source = "use a::{b, c::{\n  d as e,\n  self,\n}};\nuse f;";
  assert.deepEqual(reads(source), ["a::b", "a::c", "a::c::d", "f"]);
});

test("relative paths become absolute", () => {
  assert.deepEqual(reads("use super::super::usage::Usage;"), ["crate::provider::usage::Usage"]);
  const inMod = reads("use self::inner::X; use super::Y;", "src/provider/mod.rs");
  assert.deepEqual(inMod, ["crate::Y", "crate::provider::inner::X"]);
});

test("paths in code are found, and those in comments are not", () => {
  const source = "fn f() { crate::web::go() } // crate::endpoint::x\n/* use crate::y; */";
  assert.deepEqual(reads(source), ["crate::web::go"]);
});
