import assert from "node:assert/strict";
import test from "node:test";
import { cycles, javaScriptGraph, rustGraph } from "./cycles.mjs";

test("cycles are found, and paths that do not return are not", () => {
  const graph = { a: ["b"], b: ["c", "d"], c: ["a"], d: ["e"], e: [], f: ["g"], g: ["f"] };
  assert.deepEqual(cycles(graph), [
    ["a", "b", "c"],
    ["f", "g"],
  ]);
  assert.deepEqual(cycles({ a: ["b"], b: [] }), []);
});

test("JavaScript: static imports and re-exports count, dynamic imports do not", () => {
  const files = {
    "src/a.js": 'import { b } from "./b.js";\nimport {\n  c,\n} from "../src/c.js";\nimport "npm";',
    "src/b.js": 'export { a } from "./a.js";',
    "src/c.js": 'const a = () => import("./a.js"); // import "./b.js"',
  };
  assert.deepEqual(javaScriptGraph(files), {
    "src/a.js": ["src/b.js", "src/c.js"],
    "src/b.js": ["src/a.js"],
    "src/c.js": [],
  });
});

test("Rust: uses, inline paths and children count, re-exports lead to their module", () => {
  const files = {
    "src/lib.rs": "mod a;\nmod b;\n#[cfg(test)]\nmod only_tests;\n",
    "src/a/mod.rs":
      "mod one;\nmod two;\npub use one::{First, helper as other};\nfn f() { two::go() }",
    "src/a/one.rs": "use super::two;\nuse crate::b;\nfn f() { b::Kind::new(); two::go() }",
    "src/a/two.rs": "use super::First;\n#[cfg(test)]\nmod tests {\n use crate::b::Kind;\n}",
    "src/b.rs": "/* use crate::a::two; */ pub(in crate::a) fn f(x: crate::a::other) {}",
    "src/only_tests.rs": "use crate::a::two;",
  };
  assert.deepEqual(rustGraph(files), {
    "src/lib.rs": [],
    "src/a/mod.rs": ["src/a/two.rs"],
    "src/a/one.rs": ["src/a/two.rs", "src/b.rs"],
    "src/a/two.rs": ["src/a/one.rs"],
    "src/b.rs": ["src/a/one.rs"],
  });
});
