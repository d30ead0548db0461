import assert from "node:assert/strict";
import { test } from "node:test";
import picocolors from "picocolors";
import { createMarkdownPrinter } from "../../src/js/cli/markdown.js";

/** Returns what the printer prints for pieces of Markdown, by default without colours. */
function print(pieces, { columns = 60, colors = picocolors.createColors(false) } = {}) {
  let out = "";
  const printer = createMarkdownPrinter({ write: (text) => (out += text), columns, colors });
  for (const piece of pieces) printer.push(piece);
  printer.end();
  return out;
}

/** Each case is Markdown and the printed text. */
const CASES = {
  "a paragraph keeps its lines together": ["One\ntwo.\n\nThree.", "One\ntwo.\n\nThree.\n"],
  "inline marks": ["**a** *b* `c*d` ~~e~~ \\* &lt;", "a b c*d e * <\n"],
  "a link shows its address": [
    "[a](https://x.example/?a=1&amp;b) <https://y.example>",
    "a (https://x.example/?a=1&b) https://y.example\n",
  ],
  "a heading begins a block without a blank line": [
    "Text.\n# Title\nMore.",
    "Text.\n\nTitle\n\nMore.\n",
  ],
  "a tight list": [
    "Text:\n\n- a\n- b\n  - c\n- d\n\nEnd.",
    "Text:\n\n• a\n• b\n  • c\n• d\n\nEnd.\n",
  ],
  "a loose list": ["- a\n\n  more\n\n- b\n", "• a\n  more\n\n• b\n"],
  "numbers go on": ["1. a\n1. b\n1. c\n", "1. a\n2. b\n3. c\n"],
  "numbers of the text stay": ["3. a\n\n7. b\n", "3. a\n\n7. b\n"],
  tasks: ["- [x] a\n- [ ] b", "• ☑ a\n• ☐ b\n"],
  "code is not Markdown": [
    "```js\nconst a = **b**;\n\n# c\n```\nEnd.",
    "  js\n  const a = **b**;\n  \n  # c\n\nEnd.\n",
  ],
  "a fence in a longer fence": ["````\n```\n````\nEnd.", "  ```\n\nEnd.\n"],
  "code in an item": ["1. a\n\n   ```\n   b\n   ```\n\n2. c", "1. a\n     b\n\n2. c\n"],
  "a quote": ["> a\n> b\n\nc", "│ a\n│ b\n\nc\n"],
  "a table": ["| a | bb |\n|---|---|\n| ccc | d |\n", "a   │ bb\n────┼───\nccc │ d \n"],
  "a wide table is a list": [
    `| a | b |\n|---|---|\n| ${"x".repeat(40)} | ${"y".repeat(40)} |\n`,
    `a: ${"x".repeat(40)}\nb: ${"y".repeat(40)}\n`,
  ],
  "an open fence at the end": ["```\na", "  a\n"],
  "wide characters have two columns": [
    "| 日本 | a |\n|---|---|\n| b | c |",
    "日本 │ a\n─────┼──\nb    │ c\n",
  ],
  "entities become no control characters": [
    "&#27;]0;x&#7; `&#27;` [&#27;](http://a/&#155;)",
    undefined,
  ],
};

for (const [name, [markdown, wanted]] of Object.entries(CASES)) {
  test(`Markdown: ${name}, wherever it is split`, () => {
    const whole = print([markdown]);
    if (wanted !== undefined) assert.equal(whole, wanted);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test is about them.
    assert.doesNotMatch(whole, /[\0-\x09\x0b-\x1f\x7f-\x9f]/);
    assert.equal(print([...markdown]), whole);
    for (let at = 1; at < markdown.length; at++) {
      assert.equal(print([markdown.slice(0, at), markdown.slice(at)]), whole, `at ${at}`);
    }
  });
}

test("Markdown: a long line is wrapped at words", () => {
  const out = print(["word ".repeat(30)], { columns: 40 });
  for (const line of out.split("\n")) assert.ok(line.length <= 40 && !/\bwor$/.test(line), line);
});

test("Markdown: a block is printed as soon as it is complete", () => {
  let out = "";
  const colors = picocolors.createColors(false);
  const printer = createMarkdownPrinter({ write: (text) => (out += text), columns: 60, colors });
  printer.push("# Title\nA paragraph.\n\n- a\n");
  assert.equal(out, "Title\n\nA paragraph.\n");
  assert.equal(printer.waiting().trim(), "- a");
  printer.push("- b\n```\ncode\n");
  assert.equal(out, "Title\n\nA paragraph.\n\n• a\n• b\n\n  code\n");
});
