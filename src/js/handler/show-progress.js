// Shows the progress of the panel to clients as reasoning, before the writer answers.

import { Progress } from "../progress.js";

/**
 * @typedef {import("../output.js").FusionEvent} FusionEvent
 * @typedef {import("./run-view.js").RunView} RunView
 * @typedef {import("./respond.js").ResponseEncoder} ResponseEncoder
 */

const PROGRESS_HEADER = "x-llm-fuse-progress";
/** The fields of Chat Completions in which clients read reasoning. */
export const PROGRESS_FIELDS = ["reasoning", "reasoning_content"];
/**
 * Maximum number of characters of a progress line. The line contains names of models, which may be
 * long.
 */
const MAX_LINE_CHARS = 1000;

/**
 * Returns the field in which the client gets the progress. Returns `undefined` if the client gets
 * no progress. The request's header overrides the option. An unknown value of the header is
 * ignored.
 * @param {Headers} headers
 * @param {boolean | string | undefined} option
 */
export function progressField(headers, option) {
  const asked = headers.get(PROGRESS_HEADER)?.trim().toLowerCase();
  /** @type {Record<string, boolean>} */
  const switches = { true: true, 1: true, false: false, 0: false };
  const known = asked !== undefined && (asked in switches || PROGRESS_FIELDS.includes(asked));
  const value = known ? (switches[asked] ?? asked) : option;
  return value === true ? "reasoning" : value || undefined;
}

/** Adds the progress of a run to its encoded events. */
export class ShownProgress {
  #progress = new Progress();
  #encoder;
  #isOver = false;

  /** @param {ResponseEncoder} encoder */
  constructor(encoder) {
    this.#encoder = encoder;
  }

  /**
   * Returns the text to send before an event. After some events, no progress follows. For the first
   * of them, the text ends the progress. For other events, the text is empty.
   * @param {FusionEvent} event
   * @param {RunView} view
   */
  before(event, view) {
    const ends = ["answer.started", "run.completed", "run.failed"].includes(event.type);
    if (this.#isOver || !ends) return "";
    this.#isOver = true;
    return this.#encoder.endProgress(view);
  }

  /**
   * Returns the text to send after an event: the encoded progress line of the event, if there is
   * one.
   * @param {FusionEvent} event
   * @param {RunView} view
   */
  after(event, view) {
    const line = this.#isOver || !view.convened ? undefined : this.#progress.line(event);
    if (line === undefined) return "";
    const text = line.replace(/\s+/g, " ").slice(0, MAX_LINE_CHARS);
    return this.#encoder.encodeProgress(`${text}\n`, view);
  }
}

/**
 * Returns whether a text is the progress of an earlier run, which clients may send back as the
 * reasoning of the answer.
 * @param {unknown} text
 */
export const isProgress = (text) => typeof text === "string" && /^Panel: .+\.\n/.test(text);
