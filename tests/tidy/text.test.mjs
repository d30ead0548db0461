import assert from "node:assert/strict";
import test from "node:test";
import { longLines, metaphors } from "./text.mjs";

test("metaphors are found in names and identifiers, not in comments and texts", () => {
  const code = 'const toldOnce = "a story"; // a cue\nNO_LANES; stage("patient"); untold;';
  assert.deepEqual(metaphors("src/js/voice.js", code), ["voice", "toldOnce", "NO_LANES"]);
  assert.deepEqual(metaphors("src/a.rs", "fn f<'a>(x: &'a Purse) { 'x' } // told"), ["Purse"]);
});

const xs = "x".repeat(101);

for (const [name, path, text, expected] of [
  ["characters are counted", "a.js", ["𝄞".repeat(100), xs], [2]],
  ["a URL", "a.js", [`// https://a.example/${xs}`, `"https://a.example/${xs}"`], []],
  ["a table", "a.js", [`// | ${xs} |`, ` * | ${xs} |`, `a | ${xs}`], [3]],
  ["a comment", "a.js", [`// ${xs}`, `/* ${xs} */`], [1, 2]],
  ["a string", "a.js", [`f("${xs}");`, `f('${xs}');`], [1, 2]],
  ["a regular expression", "a.js", [`  /${xs}['"]/u;`, `f("${xs}");`], [2]],
  ["a template", "a.js", [`f(\`${xs}\`);`], [1]],
  ["a template that spans lines", "a.js", ["f(`", `${xs} 'a`, "`);", xs], [4]],
  ["code between templates", "a.js", ["f(`a`);", xs, "f(`b`);"], [2]],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code.
  ["a template in a template", "a.js", ["f(`${a(`b`)}", xs, "`);", xs, "`a`"], [4]],
  ["a raw string", "a.rs", [`r#"${xs}"#`, `r"${xs}"`, 'r##"', xs, '"##', xs], [6]],
  ["a string of Rust", "a.rs", [`"${xs}";`, `b"\\"${xs}`, `${xs}";`, "'\"'", xs, '"'], [5]],
  ["code beside a string", "a.rs", [`f("a"); ${xs}`, `f("${xs}")`], [1]],
  ["a comment with a string", "a.rs", [`// "${xs}"`, `/// "${xs}"`], [1, 2]],
  ["matches!", "a.rs", [`matches!(c, ${xs})`, `f(c, ${xs})`], [2]],
])
  test(`long lines: ${name}`, () => {
    assert.deepEqual(longLines(path, text.join("\n"), 100), expected);
  });
