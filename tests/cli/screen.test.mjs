import assert from "node:assert/strict";
import { test } from "node:test";
import { createScreen, lastColumns } from "../../src/js/cli/screen.js";

/**
 * A terminal that understands what the screen writes. After a change of the width, `kind` decides:
 * "wraps": lines are wrapped anew, and the cursor moves with its line (tmux, VTE, kitty).
 * "cuts": each line keeps its row (xterm, the Linux console).
 * "xterm.js": lines are wrapped anew, and the cursor moves down by all added rows.
 */
class Terminal {
  isTTY = true;
  rows = 24;
  #grid = [{ text: "" }];
  #at = { row: 0, column: 0 };

  constructor(columns, kind) {
    this.columns = columns;
    this.kind = kind;
  }

  hasColors = () => false;

  write(output) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of the screen.
    for (const [part, up] of output.matchAll(/\x1b\[(\d+)A|\x1b\[0J|[^\x1b]/gu)) {
      if (up) this.#at.row = Math.max(0, this.#at.row - Number(up));
      else if (part === "\x1b[0J") this.#erase();
      else if (part === "\r") this.#at.column = 0;
      else if (part === "\n") this.#at = { row: this.#at.row + 1, column: 0 };
      else this.#put(part);
    }
  }

  resize(columns) {
    this.columns = columns;
    if (this.kind === "cuts") return;
    const { row } = this.#at;
    const grid = this.#grid.flatMap(({ text }, i) => {
      const parts = text.match(new RegExp(`.{1,${columns}}`, "gu")) ?? [""];
      if (i < row || this.kind === "xterm.js") this.#at.row += parts.length - 1;
      return parts.map((text) => ({ text }));
    });
    this.#grid = grid;
  }

  get lines() {
    return this.#grid.map(({ text }) => text.trimEnd()).filter(Boolean);
  }

  #erase() {
    const { row, column } = this.#at;
    this.#grid.length = Math.min(this.#grid.length, row + 1);
    this.#line().text = this.#line().text.slice(0, column);
  }

  #put(character) {
    const line = this.#line();
    const { column } = this.#at;
    line.text = line.text.padEnd(column).slice(0, column) + character + line.text.slice(column + 1);
    this.#at.column += 1;
  }

  #line() {
    while (this.#grid.length <= this.#at.row) this.#grid.push({ text: "" });
    return this.#grid[this.#at.row];
  }
}

for (const kind of ["wraps", "cuts", "xterm.js"])
  test(`a terminal that gets narrower and wider keeps no stray line (${kind})`, () => {
    const terminal = new Terminal(80, kind);
    const env = kind === "xterm.js" ? { TERM_PROGRAM: "vscode" } : {};
    const screen = createScreen(terminal, env);
    const rows = ["a", "b", "c"].map((name) => name.repeat(70));
    screen.print("before");
    screen.draw(rows);
    assert.deepEqual(terminal.lines, ["before", ...rows]);
    for (const columns of [30, 22, 50, 100]) {
      terminal.resize(columns);
      screen.draw(rows);
      const shown = rows.map((row) => (columns > 70 ? row : `${row.slice(0, columns - 2)}…`));
      assert.deepEqual(terminal.lines, ["before", ...shown], `${columns} columns`);
    }
    terminal.resize(40);
    screen.print("after");
    assert.deepEqual(terminal.lines, ["before", "after"]);
  });

test("lastColumns() counts columns, and cuts no character", () => {
  assert.equal(lastColumns("short", 20), "short");
  assert.equal(lastColumns("x".repeat(30), 10), `…${"x".repeat(9)}`);
  assert.equal(lastColumns("日本語テキスト", 8), "…キスト");
  assert.equal(lastColumns(`a${"👩‍👩‍👧‍👦".repeat(9)}`, 6), `…${"👩‍👩‍👧‍👦".repeat(2)}`);
  assert.equal(lastColumns("\tif (x) {\t1", 20), "  if (x) {  1");
  assert.equal(lastColumns("x".repeat(1e6), 5), "…xxxx");
});
