import assert from "node:assert/strict";
import test from "node:test";
import { functionsWithoutReason } from "./functions.mjs";

const rows = (count) => Array(count).fill("  f();");
const LONG = "This function is long because it is one table.";
const MANY = "This function has many arguments because JavaScript passes them.";

for (const [name, path, lines, expected] of [
  ["Rust", "a.rs", ["fn a() {", ...rows(59), "}"], ["a.rs:1: a has 61 lines and no reason"]],
  ["60 lines", "a.rs", ["fn a() {", ...rows(58), "}"], []],
  ["a reason in Rust", "a.rs", [`// ${LONG}`, "#[inline]", "fn a() {", ...rows(59), "}"], []],
  ["a reason on the line", "a.rs", [`fn a() { // ${LONG}`, ...rows(59), "}"], []],
  ["another comment", "a.rs", ["// Long.", "fn a() {", ...rows(59), "}"], [61]],
  ["a reason elsewhere", "a.rs", [`// ${LONG}`, "", "fn a() {", ...rows(59), "}"], [61]],
  ["a test", "a.rs", ["    #[test]", "    fn a() {", ...rows(59), "    }"], []],
  ["two functions", "a.rs", ["fn a() {", ...rows(40), "}", "fn b() {", ...rows(40), "}"], []],
  ["a trait", "a.rs", ["  fn a(", "  ) -> u8;", "  fn b();", ...rows(70), "  fn c() {}"], []],
  [
    "arguments",
    "a.rs",
    ["fn a<A, B: Fn(u8, u8)>(&'a mut self, a: (A, B), b: C<D, E>, c: F) {}"],
    [],
  ],
  [
    "many",
    "a.rs",
    ["fn a(", "  a: A,", "  [b, c]: B,", "  d: D, e: E, f: F, g: G,", ") {", "}"],
    [6],
  ],
  ["many with reason", "a.rs", [`// ${MANY}`, "fn a(a: A, b: A, c: A, d: A, e: A, f: A) {}"], []],
  ["JavaScript", "a.js", ["export async function a() {", ...rows(59), "}"], [61]],
  [
    "a doc comment",
    "a.js",
    ["/**", ` * B. ${LONG}`, " */", "function a() {", ...rows(59), "}"],
    [],
  ],
  ["a divided reason", "a.js", ["// This function is long", "// because", ...rows(2)], []],
  ["a method", "a.js", ["class A {", "  static a() {", ...rows(59), "  }", "}"], [61]],
  ["an arrow", "a.js", ["const a = async () => {", ...rows(59), "};"], [61]],
  ["a property", "a.js", ["const b = { c: 1,", "  a() {", ...rows(59), "  } };"], [61]],
  ["a callback", "a.js", ["f(function a() {", ...rows(59), "});"], [61]],
  ["many in JavaScript", "a.js", ["const a = (a, { b, c }, [d], e, f, ...g) => 1;"], [6]],
])
  test(`functions: ${name}`, () => {
    const found = functionsWithoutReason(path, lines.join("\n"));
    const counts = found.map((message) => Number(message.match(/ a has (\d+) /)?.[1]));
    assert.deepEqual(typeof expected[0] === "string" ? found : counts, expected);
  });
