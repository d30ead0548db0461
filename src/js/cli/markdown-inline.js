// Renders the inline tokens of the Markdown parser `marked`.

import { printable } from "./printable.js";

/** The HTML entities that models write. */
const ENTITIES = /** @type {Record<string, string>} */ ({
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&nbsp;": " ",
});
const NAMES = /&(?:amp|lt|gt|quot|#39|nbsp);/g;

/** @param {string} text */
const decode = (text) => printable(text.replace(NAMES, (name) => ENTITIES[name]));

/**
 * Returns a function that renders inline tokens.
 * @param {any} colors
 * @returns {(tokens: any[] | undefined) => string}
 */
export function createInline(colors) {
  /** @type {Record<string, (token: any) => string>} */
  const renderers = {
    strong: ({ tokens }) => colors.bold(inline(tokens)),
    em: ({ tokens }) => colors.italic(inline(tokens)),
    del: ({ tokens }) => colors.strikethrough(inline(tokens)),
    codespan: ({ text }) => colors.cyan(printable(text)),
    br: () => "\n",
    link({ tokens, href }) {
      const text = inline(tokens);
      const address = decode(href);
      const shown = colors.underline(text);
      if (text === address || `mailto:${text}` === address) return shown;
      return `${shown} ${colors.dim(`(${address})`)}`;
    },
    image: ({ text, href }) => `${decode(text)} ${colors.dim(`(${decode(href)})`)}`,
    escape: ({ text }) => decode(text),
    text: ({ tokens, text }) => (tokens ? inline(tokens) : decode(text)),
  };
  /** @param {any[] | undefined} tokens @returns {string} */
  function inline(tokens = []) {
    return tokens.map((token) => renderers[token.type]?.(token) ?? printable(token.raw)).join("");
  }
  return inline;
}
