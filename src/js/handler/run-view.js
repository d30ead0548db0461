// The part of a run's state that clients may see. It has no provider messages about the server's
// key, and its analysis has OpenRouter's form.

import { RunState } from "../run-state.js";
import { publicMessage } from "./api-error.js";

/**
 * @typedef {import("../output.js").Analysis} Analysis
 * @typedef {import("../output.js").FusionEvent} FusionEvent
 */

/**
 * Maximum number of characters that are searched for sources in total. Further sources have no
 * position.
 */
const MAX_SEARCHED_CHARS = 100_000_000;

export class RunView {
  #state = new RunState();
  #ownKey;

  /** @param {boolean} ownKey whether the run uses the server's key */
  constructor(ownKey) {
    this.#ownKey = ownKey;
  }

  /** @param {FusionEvent} event */
  apply(event) {
    this.#state.apply(event);
  }

  /** @param {import("../output.js").ErrorData} error */
  fail(error) {
    this.#state.error = error;
  }

  get convened() {
    return this.#state.panel.length > 0;
  }

  get error() {
    return this.#state.error;
  }

  /** The answer so far. */
  get text() {
    return this.#state.answer?.text ?? "";
  }

  get reasoning() {
    return this.#state.reasoning;
  }

  get toolCalls() {
    return this.#state.answer?.tool_calls ?? [];
  }

  /** The assistant's message, once the run has completed. */
  get message() {
    return this.#state.result?.message;
  }

  get finishReason() {
    return this.#state.answer?.finish_reason ?? null;
  }

  get toolCounts() {
    return this.#state.toolCounts;
  }

  /** The usage of the run, once it has completed. */
  get usage() {
    return this.#state.result?.usage;
  }

  /** Whether the client may have received output of the writer. */
  get hasAnswered() {
    return this.text !== "" || this.toolCalls.length > 0;
  }

  /** The writer's model: the requested one until the result names the one that answered. */
  get writer() {
    const { result, answer, writer } = this.#state;
    return servedModel(result?.activity ?? []) ?? answer?.model ?? writer;
  }

  /** @param {number} index */
  modelAt(index) {
    return this.#state.modelAt(index);
  }

  /**
   * Returns a failed panelist.
   * @param {number} index
   */
  failure(index) {
    const { error = "", code = "", status_code } = this.#state.failures.get(index) ?? {};
    return {
      model: this.modelAt(index),
      error: publicMessage({ code, message: error }, this.#ownKey),
      ...(status_code !== undefined && { status_code }),
    };
  }

  get analysis() {
    const { analysis } = this.#state;
    return analysis ? toStrictAnalysis(analysis) : undefined;
  }

  /** The analyst's last error. */
  get analysisError() {
    const error = this.#state.analysisError;
    return error && { ...error, message: publicMessage(error, this.#ownKey) };
  }

  get sources() {
    return [...this.#state.sources].map(([url, title]) => ({ url, title }));
  }

  /**
   * Returns the sources with their position in a text. A source that the text does not contain has
   * the position 0 to 0.
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

  /** The result of the fusion as a tool's result, without its status. */
  get findings() {
    const { responses, failures } = this.#state;
    const { analysis, sources } = this;
    const failed = inOrder(failures).map((index) => this.failure(index));
    return {
      ...(analysis && { analysis }),
      responses: inOrder(responses).map((index) => ({
        model: this.modelAt(index),
        content: responses.get(index)?.content,
      })),
      ...(sources.length > 0 && { sources }),
      ...(failed.length > 0 && { failed_models: failed }),
    };
  }
}

/** @param {Map<number, unknown>} byIndex */
const inOrder = (byIndex) => [...byIndex.keys()].sort((a, b) => a - b);

/** @param {import("../output.js").Activity[]} activity */
function servedModel(activity) {
  const call = activity.findLast(
    ({ stage, status }) => stage === "answer" && status === "completed",
  );
  return call && (call.model_served ?? call.model);
}

/**
 * Returns OpenRouter's `FusionAnalysisResult`: strings and model names instead of panelists and
 * quotes.
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
