// Renders a table token of the Markdown parser `marked`.

import stringWidth from "string-width";

/**
 * Returns the table with aligned columns. A table that is too wide becomes a list of its rows.
 * @param {any} token
 * @param {object} options
 * @param {number} options.width
 * @param {any} options.colors
 * @param {(tokens: any[]) => string} options.inline
 * @param {(text: string, width: number) => string} options.wrap
 */
export function renderTable(token, { width, colors, inline, wrap }) {
  /** @param {any[]} row @returns {string[]} */
  const cells = (row) => row.map(({ tokens }) => inline(tokens));
  const head = cells(token.header);
  /** @type {string[][]} */
  const body = token.rows.map(cells);
  const widths = head.map((_, i) =>
    Math.max(...[head, ...body].map((row) => stringWidth(row[i] ?? ""))),
  );
  const total = widths.reduce((sum, each) => sum + each + 3, -3);
  if (total > width) {
    /** @param {string[]} row */
    const entry = (row) =>
      row.map((cell, i) => wrap(`${colors.bold(head[i])}: ${cell}`, width)).join("\n");
    return body.map(entry).join("\n\n");
  }
  /** @param {string[]} row */
  const line = (row) =>
    row.map((cell, i) => cell + " ".repeat(widths[i] - stringWidth(cell))).join(colors.dim(" │ "));
  const rule = widths.map((each) => "─".repeat(each)).join("─┼─");
  return [line(head.map(colors.bold)), colors.dim(rule), ...body.map(line)].join("\n");
}
