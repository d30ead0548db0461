// The part of a run's state that clients may see. The state contains no provider's message about
// the server's key. The analysis has OpenRouter's form.

import { initialState, panelistAt, reduce, sourcesOf } from "../state/reduce.js";
import { publicMessage } from "./api-error.js";

/**
 * @typedef {import("../output.js").Analysis} Analysis
 * @typedef {import("../output.js").FusionEvent} FusionEvent
 */

/**
 * Maximum number of characters that are searched for the URLs of all sources. After this number,
 * the remaining sources get no position.
 */
const MAX_SEARCHED_CHARS = 100_000_000;

export class RunView {
  #state = initialState();
  /**
   * The reasoning of all attempts of the writer. It includes failed attempts, because clients have
   * already received their reasoning.
   */
  #reasoning = "";
  /** The analyst's last error. @type {import("../output.js").ErrorData | undefined} */
  #analysisError;
  #ownKey;

  /** @param {boolean} ownKey whether the run uses the server's key */
  constructor(ownKey) {
    this.#ownKey = ownKey;
  }

  /** @param {FusionEvent} event */
  apply(event) {
    this.#state = reduce(this.#state, event);
    if (event.type === "answer.reasoning") this.#reasoning += event.delta;
    if (event.type === "analysis.failed") this.#analysisError = event.error;
  }

  /** @param {import("../output.js").ErrorData} error */
  fail(error) {
    this.#state = { ...this.#state, error };
  }

  get convened() {
    return this.#state.panel.length > 0;
  }

  get error() {
    return this.#state.error;
  }

  /** The answer so far. */
  get text() {
    return this.#state.answer.content;
  }

  get reasoning() {
    return this.#reasoning;
  }

  get toolCalls() {
    return this.#state.answer.tool_calls;
  }

  /** The assistant's message, once the run has completed. */
  get message() {
    return this.#state.result?.message;
  }

  get finishReason() {
    return this.#state.answer.finish_reason;
  }

  get toolCounts() {
    return this.#state.tool_counts;
  }

  /** The usage of the run, once it has completed. */
  get usage() {
    return this.#state.result?.usage;
  }

  /** Whether the client may have received output of the writer. */
  get hasAnswered() {
    return this.text !== "" || this.toolCalls.length > 0;
  }

  /** The writer's model: the requested model, until the result names the model that answered. */
  get writer() {
    const { result, answer, writer } = this.#state;
    return servedModel(result?.activity ?? []) ?? (answer.model || writer);
  }

  /**
   * Returns the requested model of a panelist, even if a fallback has answered.
   * @param {number} index
   */
  modelAt(index) {
    return panelistAt(this.#state, index)?.model ?? "";
  }

  /**
   * Returns a failed panelist, with a message that clients may see.
   * @param {number} index
   */
  failure(index) {
    const { message = "", code = "", status_code } = panelistAt(this.#state, index)?.error ?? {};
    return {
      model: this.modelAt(index),
      error: publicMessage({ code, message }, this.#ownKey),
      ...(status_code !== undefined && { status_code }),
    };
  }

  get analysis() {
    const { result } = this.#state.analysis;
    return result ? toStrictAnalysis(result) : undefined;
  }

  /** The analyst's last error. */
  get analysisError() {
    const error = this.#analysisError;
    return error && { ...error, message: publicMessage(error, this.#ownKey) };
  }

  get sources() {
    return sourcesOf(this.#state);
  }

  /**
   * Returns the sources with the position of their URL in a text. If the text does not contain the
   * URL, the position is 0 to 0.
   * @param {string} text
   */
  citationsIn(text) {
    let left = MAX_SEARCHED_CHARS;
    return this.sources.map((source) => {
      left -= text.length;
      const start_index = left < 0 ? 0 : Math.max(0, text.indexOf(source.url));
      const isFound = text.startsWith(source.url, start_index);
      return { ...source, start_index, end_index: isFound ? start_index + source.url.length : 0 };
    });
  }

  /** The panel's result in the form of OpenRouter's fusion tool, without `status`. */
  get findings() {
    const { panel } = this.#state;
    const { analysis, sources } = this;
    const failed = panel.flatMap((p) => (p.status === "failed" ? [this.failure(p.index)] : []));
    return {
      ...(analysis && { analysis }),
      responses: panel.flatMap(({ status, model, content }) =>
        status === "completed" ? [{ model, content }] : [],
      ),
      ...(sources.length > 0 && { sources }),
      ...(failed.length > 0 && { failed_models: failed }),
    };
  }
}

/** @param {import("../output.js").Activity[]} activity */
function servedModel(activity) {
  const call = activity.findLast(
    ({ stage, status }) => stage === "answer" && status === "completed",
  );
  return call && (call.model_served ?? call.model);
}

/**
 * Returns the analysis as OpenRouter's `FusionAnalysisResult`. This type has model names in place
 * of panelists, and no quotes.
 * @param {Analysis} analysis
 */
function toStrictAnalysis(analysis) {
  return {
    consensus: analysis.consensus.map(({ point }) => point),
    contradictions: analysis.contradictions.map(({ topic, stances }) => ({
      topic,
      stances: stances.map(({ model, stance }) => ({ model, stance })),
    })),
    partial_coverage: analysis.partial_coverage.map(({ models, point }) => ({ models, point })),
    unique_insights: analysis.unique_insights.map(({ model, insight }) => ({ model, insight })),
    blind_spots: analysis.blind_spots.map(({ point }) => point),
  };
}
