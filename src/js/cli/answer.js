// Prints the answer on stdout. A terminal gets rendered Markdown. A pipe or file gets plain text.

import picocolors from "picocolors";
import { createMarkdownPrinter } from "./markdown.js";
import { printable } from "./printable.js";
import { hasColors, lastColumns } from "./screen.js";

/**
 * Returns an object that prints the answer of a run.
 * This function is long because its methods share the state of one answer.
 * @param {object} parts
 * @param {NodeJS.Process} parts.process
 * @param {import("./ask.js").Screen} parts.screen
 * @param {import("./progress.js").Progress} parts.progress
 */
export function createAnswer({ process: { stdout, stderr, env }, screen, progress }) {
  const colors = picocolors.createColors(hasColors(stdout, env));
  const isRendered = stdout.isTTY && env.TERM !== "dumb";
  const start = () =>
    isRendered
      ? createMarkdownPrinter({
          write(text) {
            screen.clear();
            stdout.write(text);
          },
          columns: stdout.columns || 80,
          colors,
        })
      : plainPrinter(stdout);
  let printer = start();
  let isPrinted = false;
  let last = "\n";

  /** @param {string} text */
  const push = (text) => {
    if (!isPrinted) {
      progress.settle();
      if (isRendered) stdout.write("\n");
    }
    isPrinted = true;
    last = text.at(-1) ?? last;
    printer.push(text);
    // Show the unfinished block at the end, so that the user sees the answer grow.
    if (isRendered) screen.draw([colors.dim(lastColumns(printer.waiting(), screen.columns() - 2))]);
  };
  return {
    colors,
    /** @param {any} event */
    on(event) {
      if (event.type === "answer.started" && isPrinted) {
        // A part of the earlier attempt is already on the screen, so say that the answer starts
        // again.
        this.stop();
        stdout.write(isRendered ? `\n${colors.dim("The writer starts again.")}\n` : "\n");
        printer = start();
      }
      if (event.type === "answer.delta") push(printable(event.delta));
      if (event.type !== "answer.completed") return;
      if (!isPrinted && event.content) push(printable(event.content));
      this.stop();
    },
    /** Prints the unfinished block and ends the line. */
    stop() {
      if (!isPrinted) return;
      screen.clear();
      printer.end();
      if (!isRendered && last !== "\n") stdout.write("\n");
      last = "\n";
    },
    /**
     * Prints a report after the answer. If stdout is piped, prints to stderr, because the pipe must
     * contain only the answer.
     * @param {string} text
     * @param {boolean} isQuiet
     */
    report(text, isQuiet) {
      if (!text || (isQuiet && !isRendered)) return;
      const stream = isRendered ? stdout : stderr;
      stream.write(`\n${text}\n`);
    },
  };
}

/** @param {NodeJS.WriteStream} stdout */
const plainPrinter = (stdout) => ({
  push: (/** @type {string} */ text) => void stdout.write(text),
  end() {},
  waiting: () => "",
});
