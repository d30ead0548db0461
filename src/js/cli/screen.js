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
  let live = 0;

  const clear = () => {
    if (live === 0) return;
    stream.write(`\r${live > 1 ? `\x1b[${live - 1}A` : ""}\x1b[0J`);
    live = 0;
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
      const shown = lines.slice(0, Math.max(1, (stream.rows || 24) - 1));
      clear();
      stream.write(shown.map((line) => cut(line, columns() - 1)).join("\n"));
      live = shown.length;
    },
  };
}

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
