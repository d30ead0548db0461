// Renders the block tokens of the Markdown parser `marked`, for a terminal.

import wrapAnsi from "wrap-ansi";
import { createInline } from "./markdown-inline.js";
import { renderTable } from "./markdown-table.js";
import { printable } from "./printable.js";

const MIN_COLUMNS = 20;
const MAX_RULE = 40;

/**
 * Returns a function that renders block tokens.
 * @param {any} colors
 * @returns {(tokens: any[], width: number) => string}
 */
export function createRenderer(colors) {
  const inline = createInline(colors);
  /** @type {Record<string, (token: any, width: number) => string>} */
  const renderers = {
    heading({ tokens, depth }, width) {
      const text = inline(tokens);
      return wrap(colors.bold(depth <= 2 ? colors.underline(text) : text), width);
    },
    paragraph: ({ tokens }, width) => wrap(inline(tokens), width),
    text: (token, width) => wrap(inline([token]), width),
    code: ({ text }) => indent(printable(text).split("\n").map(colors.cyan).join("\n"), "  "),
    blockquote: ({ tokens }, width) => indent(render(tokens, width - 2), colors.dim("│ ")),
    hr: (_, width) => colors.dim("─".repeat(Math.min(width, MAX_RULE))),
    list: ({ items, ordered, start }, width) =>
      items
        .map((/** @type {any} */ item, /** @type {number} */ i) => {
          const mark = ordered ? `${start + i}. ` : "• ";
          const box = item.task ? (item.checked ? "☑ " : "☐ ") : "";
          const text = render(item.tokens, width - mark.length);
          return indent(box + text, colors.dim(mark), " ".repeat(mark.length));
        })
        .join("\n"),
    table: (token, width) => renderTable(token, { width, colors, inline, wrap }),
    space: () => "",
    checkbox: () => "",
  };
  /** @param {any[]} tokens @param {number} width @returns {string} */
  function render(tokens, width) {
    const within = Math.max(width, MIN_COLUMNS);
    return tokens
      .map((token) => renderers[token.type]?.(token, within) ?? printable(token.raw).trimEnd())
      .filter(Boolean)
      .join("\n");
  }
  return render;
}

/** @param {string} text @param {number} width */
const wrap = (text, width) => wrapAnsi(text, width, { trim: true });

/**
 * @param {string} text
 * @param {string} first indentation of the first line
 * @param {string} [more] indentation of the other lines
 */
const indent = (text, first, more = first) => first + text.replaceAll("\n", `\n${more}`);
