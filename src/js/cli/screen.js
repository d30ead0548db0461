// Writes lines to stderr. If stderr is a terminal, lines can be redrawn.

import picocolors from "picocolors";
import stringWidth from "string-width";

const segments = new Intl.Segmenter();

/**
 * @param {NodeJS.WriteStream} stream
 * @param {Record<string, string | undefined>} env
 */
export function createScreen(stream, env) {
  const isTerminal = Boolean(stream.isTTY) && env.TERM !== "dumb";
  const columns = () => Math.max(20, stream.columns || 80);
  /** @type {string[]} */
  let live = [];

  // Erase the redrawn lines. The cursor is at their start. After a resize, a terminal may wrap
  // these lines again. The terminal then moves the cursor together with the first line, so all
  // lines are erased.
  //
  // Write a space before the erase sequence. If tmux erased from the top left corner of the screen,
  // it would keep a copy of the erased lines.
  const clear = () => {
    if (live.length === 0) return;
    const up = env.TERM_PROGRAM === "vscode" ? wrappedRows(live, stream.columns || 80) : 0;
    stream.write(`${cursorUp(up)}\r \x1b[0J\r`);
    live = [];
  };
  return {
    isTerminal,
    columns,
    colors: picocolors.createColors(hasColors(stream, env)),
    clear,
    /** @param {string} text */
    print(text) {
      clear();
      stream.write(`${text}\n`);
    },
    /**
     * Draws lines until the next call of a method, which erases them. A line contains no line
     * break.
     * @param {string[]} lines
     */
    draw(lines) {
      if (!isTerminal) return;
      clear();
      const shown = lines.slice(0, Math.max(1, (stream.rows || 24) - 1));
      live = shown.map((line) => cut(line, columns() - 1));
      if (live.length > 0) stream.write(`${live.join("\n")}\r${cursorUp(live.length - 1)}`);
    },
  };
}

/** @param {number} rows */
const cursorUp = (rows) => (rows > 0 ? `\x1b[${rows}A` : "");

/**
 * Returns the number of rows that wrapping adds to the lines. After a resize, the terminal of VS
 * Code (xterm.js) moves the cursor down by this number of rows.
 * @param {string[]} lines
 * @param {number} columns
 */
const wrappedRows = (lines, columns) =>
  lines.reduce((sum, line) => sum + Math.max(0, Math.ceil(stringWidth(line) / columns) - 1), 0);

/**
 * Returns whether to print colours. For a terminal, Node decides with NO_COLOR, FORCE_COLOR and
 * TERM.
 * @param {NodeJS.WriteStream} stream
 * @param {Record<string, string | undefined>} env
 */
export function hasColors(stream, env) {
  if (stream.isTTY) return stream.hasColors();
  return !env.NO_COLOR && Boolean(env.FORCE_COLOR) && env.FORCE_COLOR !== "0";
}

/**
 * Cuts a line at a width. Colours inside the line have no width and stay.
 * @param {string} line
 * @param {number} width
 */
function cut(line, width) {
  if (stringWidth(line) <= width) return line;
  let used = 0;
  let shown = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of this program.
  for (const part of line.split(/(\x1b\[\d+m)/)) {
    if (part.startsWith("\x1b[")) {
      shown += part;
      continue;
    }
    for (const { segment } of segments.segment(part)) {
      const next = used + stringWidth(segment);
      if (next > width - 1) {
        used = Number.POSITIVE_INFINITY;
        break;
      }
      used = next;
      shown += segment;
    }
  }
  return `${shown}…`;
}

/**
 * Returns the last part of a line that fits into `width` columns. If characters before it are
 * missing, it begins with "…". A tab becomes two spaces.
 * @param {string} line
 * @param {number} width
 */
export function lastColumns(line, width) {
  // Read at most 20 characters for each column, because one column may contain several combining
  // characters.
  const end = line.slice(-width * 20).replaceAll("\t", "  ");
  const parts = [...segments.segment(end)].map(({ segment }) => segment);
  let from = parts.length;
  for (let used = 0; from > 0; from--) {
    used += stringWidth(/** @type {string} */ (parts[from - 1]));
    if (used > width - 1) break;
  }
  const isCut = from > 0 || end.length < line.length;
  return isCut ? `…${parts.slice(from).join("")}` : end;
}
