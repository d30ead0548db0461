// Writes tables in Markdown, as GitHub does. A layout table becomes blocks of text.

import { TextBuffer } from "./text-buffer.js";

/**
 * @typedef {import("./markdown.js").Convert} Convert
 *
 * An open table.
 * @typedef {{ rows: string[][], isLayout: boolean }} Table
 */

/**
 * Maximum length of a cell. A table with a longer cell, or with a table inside a cell, only serves
 * the layout.
 */
const MAX_CELL = 1000;
const MAX_COLUMNS = 50;

/** @param {string | undefined} text */
export const number = (text = "") => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

/** @type {Convert} */
export function table(page, element) {
  for (const outer of page.tables) outer.isLayout = true;
  /** @type {Table} */
  const table = { rows: [], isLayout: false };
  page.tables.push(table);
  element.ends.push(() => {
    page.tables.pop();
    page.block(renderTable(table));
  });
}

/** @type {Convert} */
export function cell(page, element, { colspan }) {
  const table = page.tables.at(-1);
  if (!table) return;
  page.capture(element, new TextBuffer(), ({ block }) => {
    if (table.rows.length === 0) table.rows.push([]);
    const row = /** @type {string[]} */ (table.rows.at(-1));
    row.push(block);
    for (let more = Math.min(number(colspan) ?? 1, MAX_COLUMNS); more > 1; more--) row.push("");
  });
}

/** @param {Table} table */
function renderTable({ rows, isLayout }) {
  const filled = rows.filter((cells) => cells.some((text) => text !== ""));
  const width = Math.max(0, ...filled.map((cells) => cells.length));
  const hasLongCell = filled.some((cells) => cells.some((text) => text.length > MAX_CELL));
  if (isLayout || width < 2 || width > MAX_COLUMNS || hasLongCell) {
    return filled.map((cells) => cells.filter((text) => text !== "").join("\n")).join("\n\n");
  }
  const [first, ...rest] = filled.map((cells) => renderRow(cells, width));
  return [first, `|${" --- |".repeat(width)}`, ...rest].join("\n");
}

/** @param {string[]} cells @param {number} width */
function renderRow(cells, width) {
  const texts = Array.from({ length: width }, (_, i) =>
    (cells[i] ?? "").replace(/\s+/g, " ").replaceAll("|", "\\|"),
  );
  return `| ${texts.join(" | ")} |`;
}
