// Prints Markdown on a terminal while it arrives.

import { marked } from "marked";
import { splitBlocks } from "./markdown-blocks.js";
import { createRenderer } from "./markdown-render.js";

/** Maximum number of columns of a line. Longer lines are hard to read. */
const MAX_COLUMNS = 100;
/** Maximum number of characters of a block that is rendered. A longer block is printed as it is. */
const MAX_BLOCK = 20_000;
/**
 * Matches the start of a line with 50 nested quotes or lists. `marked` calls itself for each level,
 * so deeper nesting could exhaust the stack.
 */
const NESTED = /^(?:[^\S\n]*(?:>|[-*+]\s|\d{1,9}[.)]\s)){50}/m;

/**
 * @param {object} options
 * @param {(text: string) => void} options.write
 * @param {number} options.columns
 * @param {ReturnType<typeof import("picocolors")["createColors"]>} options.colors
 */
export function createMarkdownPrinter({ write, columns, colors }) {
  const width = Math.min(columns, MAX_COLUMNS);
  const render = createRenderer(colors);
  let isFirst = true;
  let wasItem = false;
  let number = 0;
  /** @param {boolean} isGap */
  const begin = (isGap) => {
    if (isGap && !isFirst) write("\n");
    isFirst = false;
  };
  const blocks = splitBlocks({
    block(text, isLoose) {
      const tokens = /** @type {any[]} */ (parse(text));
      const [first] = tokens;
      const isItem = first?.type === "list";
      begin(!(isItem && wasItem) || isLoose);
      if (isItem && first.ordered) {
        // Count the items here, because a model may write the number 1 before each item.
        if (wasItem && first.start <= number) first.start = number + 1;
        number = first.start;
      }
      if (isItem !== wasItem && !isItem) number = 0;
      wasItem = isItem;
      write(`${render(tokens, width)}\n`);
    },
    codeStart(language) {
      begin(true);
      wasItem = false;
      if (language) write(`  ${colors.dim(language)}\n`);
    },
    codeLine: (line) => write(`  ${colors.cyan(line)}\n`),
  });
  return blocks;
}

/**
 * Returns the tokens of a block. For a block that is too long or nested too deeply, returns one
 * token with the unchanged text.
 * @param {string} text
 */
function parse(text) {
  const isPlain = text.length > MAX_BLOCK || NESTED.test(text);
  return isPlain ? [{ type: "html", raw: text }] : marked.lexer(text);
}
