// Shows the progress of a run on stderr. On a terminal, each model has a line that is redrawn. In
// any other output, each event has a new line.

import stringWidth from "string-width";
import { lineFor, summary } from "./describe.js";
import { changeRows, settleRows } from "./live-rows.js";
import { oneLine } from "./printable.js";

const SPINNER = [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"];
const FRAME_MS = 100;

/**
 * @typedef {object} Progress
 * @property {(event: any) => void} on
 * @property {() => void} settle prints the final lines. Called before the answer is printed
 * @property {() => void} end prints the last line: time, tokens and cost
 */

/** @type {Progress} */
export const noProgress = { on() {}, settle() {}, end() {} };

/**
 * Prints a line for each relevant event.
 * @param {import("./ask.js").Screen} screen
 * @returns {Progress}
 */
export function lineProgress(screen) {
  /** @type {any[]} */
  let panel = [];
  return {
    on(event) {
      if (event.type === "run.started") panel = event.panel;
      if (event.type === "panel.escalated") panel = [...panel, ...event.panel];
      const who = `[${event.index + 1}] ${panel[event.index]?.model ?? ""}`;
      const line = lineFor[event.type]?.(event, who);
      if (line) screen.print(oneLine(line));
    },
    settle() {},
    end() {},
  };
}

/**
 * Redraws a line for each model until the answer begins.
 * @param {import("./ask.js").Screen} screen
 * @returns {Progress}
 */
export function liveProgress(screen) {
  const { colors } = screen;
  /** @type {import("./live-rows.js").Rows} */
  const rows = { panel: [] };
  let frame = 0;
  let isSettled = false;
  let last = "";

  const redraw = () => {
    if (isSettled) return;
    const shown = [...rows.panel, rows.analyst, rows.writer].filter((row) => row !== undefined);
    screen.draw(drawRows(shown, frame, colors));
  };
  const timer = setInterval(() => {
    frame += 1;
    redraw();
  }, FRAME_MS);
  timer.unref();
  return {
    on(event) {
      if (event.type === "run.completed") last = colors.dim(oneLine(summary(event)));
      if (event.type === "warning")
        screen.print(colors.yellow(oneLine(`${event.code}: ${event.message}`)));
      changeRows(rows, event);
      // Do not redraw after a delta. The timer redraws the changed number of characters.
      if (!event.type.endsWith(".delta")) redraw();
    },
    settle() {
      if (isSettled) return;
      isSettled = true;
      clearInterval(timer);
      const final = drawRows(settleRows(rows), frame, colors);
      if (final.length > 0) screen.print(final.join("\n"));
    },
    end() {
      this.settle();
      screen.clear();
      if (last) screen.print(`\n${last}`);
    },
  };
}

/**
 * Returns a line for each row.
 * @param {import("./live-rows.js").Row[]} rows
 * @param {number} frame
 * @param {import("./ask.js").Screen["colors"]} colors
 */
function drawRows(rows, frame, colors) {
  const marks = {
    waits: colors.dim("·"),
    works: colors.cyan(SPINNER[frame % SPINNER.length]),
    done: colors.green("✓"),
    failed: colors.red("✗"),
  };
  const width = Math.max(0, ...rows.map(({ name }) => stringWidth(name)));
  return rows.map(({ name, state, note, written }) => {
    const count = `writes, ${written.toLocaleString("en")} characters`;
    const text = note || (written > 0 ? count : "asked");
    const shown = state === "failed" ? colors.red(text) : colors.dim(text);
    return `${marks[state]} ${name}${" ".repeat(width - stringWidth(name))}  ${shown}`;
  });
}
