import assert from "node:assert/strict";
import { test } from "node:test";
import { marked } from "marked";
import { Progress } from "../../src/js/progress.js";

const started = { type: "run.started", panel: [{ index: 0, model: "a" }] };

/**
 * Returns the progress line for a tool call with this input. A model writes the input, so it can be
 * any text.
 */
function lineFor(input) {
  const progress = new Progress();
  progress.line(started);
  const event = { type: "panelist.tool", index: 0, tool: "web_search", status: "started", input };
  return progress.line(event);
}

test("progress: the input of a tool is shown as code", () => {
  assert.equal(lineFor('{"query":"sky"}'), 'a uses web_search: `{"query":"sky"}`');
});

test("progress: the input of a tool is no Markdown, also if it is long", () => {
  const attacks = ["![x](https://evil.example/a.png)", "[x](https://evil.example)", "<img src=x>"];
  const lengths = [0, 150, 190, 199, 500];
  for (const attack of attacks)
    for (const before of ["", "`", "``", "`\n\n", "\u2028"])
      for (const length of lengths) {
        const line = lineFor(`${"y".repeat(length)}${before}${attack}${attack}`);
        const html = marked.parse(line);
        assert.doesNotMatch(html, /<(?:img|a)\b/, line);
        assert.ok(line.length < 250 && !line.includes("\n"), line);
      }
});

test("progress: the input of a tool has no control characters and no half character", () => {
  assert.equal(lineFor("a\x1b[2J\u202eb\r\nc"), "a uses web_search: `a [2J b c`");
  assert.ok(lineFor(`${"y".repeat(199)}😀`).isWellFormed?.() ?? true);
});
