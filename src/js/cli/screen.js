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

  // The cursor stands at the start of the redrawn lines. After a resize, a terminal may wrap these
  // lines again. The terminal then moves the cursor together with the first of these lines, so all
  // of them are erased. The space before the erase is for tmux. If tmux erases from the top left
  // corner of the screen, tmux keeps a copy of the erased lines.
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
     * Draws lines that the next call of any method replaces. A line has no line break.
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
 * Returns how many rows are added if lines are wrapped. After a resize, xterm.js, the terminal of
 * VS Code, moves the cursor down by this number. The number includes rows that are added below the
 * cursor.
 * @param {string[]} lines
 * @param {number} columns
 */
const wrappedRows = (lines, columns) =>
  lines.reduce((sum, line) => sum + Math.max(0, Math.ceil(stringWidth(line) / columns) - 1), 0);

/**
 * Returns whether to print colours. Node reads NO_COLOR, FORCE_COLOR and TERM for a terminal.
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
 * Returns the end of a line, with a mark if it was cut. A tab becomes two columns.
 * @param {string} line
 * @param {number} width
 */
export function lastColumns(line, width) {
  // Read at most 20 characters for each column. A longer segment is cut.
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
