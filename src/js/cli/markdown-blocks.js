// Splits a stream of Markdown text into blocks. A block is passed on as soon as it is complete.

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*(\S*)/;
const ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;

/**
 * @typedef {object} Sink
 * @property {(text: string, isLoose: boolean) => void} block gets a block. `isLoose` is true if a
 *   blank line precedes the block
 * @property {(language: string) => void} codeStart
 * @property {(line: string) => void} codeLine
 */

/**
 * Returns an object that splits one text and passes the blocks to `sink`.
 * This function is long because its methods share the state of one text.
 * @param {Sink} sink
 */
export function splitBlocks(sink) {
  let rest = "";
  /** @type {string[]} */
  let pending = [];
  let fence = "";
  let isBlank = false;
  let isLoose = false;

  const flush = () => {
    if (pending.length > 0) sink.block(pending.join("\n"), isLoose);
    pending = [];
    isLoose = isBlank;
    isBlank = false;
  };
  /** @param {string} line */
  const add = (line) => {
    if (fence) {
      const end = line.trim();
      if (end.startsWith(fence) && /^(`+|~+)$/.test(end)) fence = "";
      else sink.codeLine(line);
      return;
    }
    if (!line.trim()) {
      isBlank = true;
      // A list item may continue after a blank line.
      if (pending.length > 0 && !ITEM.test(pending[0])) flush();
      else if (pending.length > 0) pending.push("");
      return;
    }
    const isItem = ITEM.test(line);
    const isInside = pending.length > 0 && /^\s/.test(line);
    const opened = isInside ? null : FENCE.exec(line);
    const endsItem =
      pending.length > 0 && ITEM.test(pending[0]) && (isItem || isBlank) && !isInside;
    if (opened || HEADING.test(line) || endsItem) flush();
    if (pending.length === 0) {
      isLoose ||= isBlank;
      isBlank = false;
    }
    if (opened) {
      fence = opened[1];
      sink.codeStart(opened[2]);
      isLoose = true;
      return;
    }
    pending.push(line);
    isBlank = false;
    if (HEADING.test(line)) flush();
  };
  return {
    /** @param {string} text */
    push(text) {
      const lines = (rest + text).split("\n");
      rest = /** @type {string} */ (lines.pop());
      for (const line of lines) add(line);
    },
    end() {
      if (rest) add(rest);
      rest = "";
      flush();
      fence = "";
    },
    /** Returns the last line of the unfinished block. */
    waiting: () => rest || (pending.at(-1) ?? ""),
  };
}
