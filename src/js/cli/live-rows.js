// The rows on a terminal that show the progress of a run. Each model has one row. Events change the
// rows.

import { cost, failure, findings, length, seconds, toolWords } from "./describe.js";
import { oneLine } from "./printable.js";

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {"waits" | "works" | "done" | "failed"} state
 * @property {string} note
 * @property {number} written characters of the current attempt
 */

/** @typedef {{ panel: Row[], analyst?: Row, writer?: Row }} Rows */

/** @param {string} name @returns {Row} */
const start = (name, note = "") => ({ name: oneLine(name), state: "works", note, written: 0 });

/** @param {Row | undefined} row @param {Row["state"]} state @param {string} note */
const change = (row, state, note) => {
  if (row) Object.assign(row, { state, note: oneLine(note) });
};

/** @param {Rows} rows @param {{ panel: { model: string }[] }} event */
const addPanelists = ({ panel }, event) => {
  for (const { model } of event.panel) panel.push({ ...start(model, "waits"), state: "waits" });
};

/**
 * Functions that change the rows after an event, by type of event.
 * @type {Record<string, (rows: Rows, event: any) => unknown>}
 */
const changes = {
  "run.started": addPanelists,
  "panel.escalated": addPanelists,
  "panelist.started": ({ panel }, { index, model }) => {
    if (panel[index]) Object.assign(panel[index], start(model));
  },
  "panelist.reasoning": ({ panel }, { index }) => {
    if (panel[index]?.written === 0) panel[index].note = "thinks";
  },
  "panelist.delta": ({ panel }, { index, delta }) => {
    if (!panel[index]) return;
    panel[index].written += delta.length;
    panel[index].note = "";
  },
  "panelist.tool": ({ panel }, event) => change(panel[event.index], "works", toolWords(event)),
  "panelist.retrying": ({ panel }, { index, error, delay_ms }) =>
    change(panel[index], "waits", `${failure(error)}; again in ${seconds(delay_ms)}`),
  "panelist.completed": ({ panel }, { index, restored, content, latency_ms, usage }) => {
    const note = restored ? "restored" : `${seconds(latency_ms)}, ${cost(usage)}`;
    change(panel[index], "done", `${length(content)}, ${note}`);
  },
  // Do not change the row of a cancelled panelist here. `settleRows` changes it at the end.
  "panelist.failed": ({ panel }, { index, error }) =>
    error.code !== "cancelled" && change(panel[index], "failed", failure(error)),
  "analysis.started": (rows, { model, pass }) => {
    rows.analyst = start(`analyst ${model}`, pass === 2 ? "checks" : "compares");
  },
  "analysis.completed": (rows, { analysis }) => {
    rows.analyst ??= start("analyst");
    change(rows.analyst, "done", findings(analysis));
  },
  "analysis.failed": ({ analyst }, { error }) =>
    error.code !== "cancelled" && change(analyst, "failed", failure(error)),
  "answer.started": (rows, { model }) => {
    rows.writer = start(`writer ${model}`, "reads the answers");
  },
  "answer.reasoning": ({ writer }) => change(writer, "works", "thinks"),
};

/**
 * @param {Rows} rows
 * @param {any} event
 */
export const changeRows = (rows, event) => changes[event.type]?.(rows, event);

/**
 * Returns the final rows of the panel and the analyst. Marks unfinished rows with the note
 * "stopped".
 * @param {Rows} rows
 */
export function settleRows({ panel, analyst }) {
  const rows = [...panel, ...(analyst ? [analyst] : [])];
  for (const row of rows)
    if (row.state === "works" || row.state === "waits") change(row, "waits", "stopped");
  return rows;
}
