// Reduces the events of a run to its state. fromResponse() builds snapshots from the state, and the
// handler builds responses.
//
// A server of another version may leave out fields or give them another type. Such fields are
// ignored.

import { emptySnapshot } from "./snapshot.js";

/**
 * @typedef {import("./output.js").AssistantMessage} AssistantMessage
 * @typedef {import("./output.js").ErrorData} ErrorData
 * @typedef {import("./output.js").FailedModel} FailedModel
 * @typedef {import("./output.js").FusionEvent} FusionEvent
 * @typedef {import("./output.js").FusionSnapshot} FusionSnapshot
 * @typedef {import("./output.js").PanelMember} PanelMember
 * @typedef {import("./output.js").PanelResponse} PanelResponse
 * @typedef {import("./output.js").Source} Source
 * @typedef {import("./output.js").ToolCall} ToolCall
 */

/**
 * The writer's answer. `text` is the concatenation of its deltas. `content` is set at its end.
 * @typedef {object} Answer
 * @property {string} model
 * @property {string} text
 * @property {string} [content]
 * @property {ToolCall[]} tool_calls
 * @property {Source[]} sources
 * @property {string | null} finish_reason
 * @property {AssistantMessage} [message] set at the end of the run
 */

/** @param {unknown} value @returns {any[]} */
const objects = (value) => (Array.isArray(value) ? value.filter(isObject) : []);
/** @param {unknown} value */
const isObject = (value) => typeof value === "object" && value !== null;
/** @param {unknown} value */
const withIndex = (value) => objects(value).filter(({ index }) => Number.isInteger(index));
/** @param {unknown} value */
const text = (value) => (typeof value === "string" ? value : "");
/** @param {Source} source */
const toSource = ({ url, title }) => ({ url, title });

export class RunState {
  run_id = "";
  /** @type {number | null} */
  seed = null;
  /** @type {FusionSnapshot["status"]} */
  status = "waiting";
  /** @type {PanelMember[]} */
  panel = [];
  /** The requested model. @type {string} */
  writer = "";
  /** Texts of panelists without a response, by index. @type {Map<number, string>} */
  partialTexts = new Map();
  /** By index. @type {Map<number, PanelResponse>} */
  responses = new Map();
  /** By index, in the order in which they failed. @type {Map<number, FailedModel>} */
  failures = new Map();
  /** @type {import("./output.js").Analysis | null} */
  analysis = null;
  /** @type {ErrorData | undefined} */
  analysisError;
  /** @type {Answer | undefined} */
  answer;
  /** The reasoning of all attempts of the writer. */
  reasoning = "";
  /** All sources of the run: title by URL. @type {Map<string, string>} */
  sources = new Map();
  /** Finished tool calls of panelists and analyst. */
  toolCounts = { web_search: 0, web_fetch: 0 };
  /** @type {import("./output.js").FusionResult | undefined} */
  result;
  /** @type {ErrorData | undefined} */
  error;
  /** @type {FusionSnapshot["activity"]} */
  #activity = [];
  /** The models of the panel, by index. @type {Map<number, string>} */
  #models = new Map();
  /** @type {Map<number, Source[]>} */
  #panelSources = new Map();
  /** @type {Source[]} */
  #analysisSources = [];

  /** @param {FusionEvent} event */
  apply(event) {
    const { type } = event;
    if (type.startsWith("panelist.")) this.#applyPanelist(event);
    else if (type.startsWith("analysis.")) this.#applyAnalysis(event);
    else if (type.startsWith("answer.")) this.#applyAnswer(event);
    else if (type.startsWith("run.")) this.#applyRun(event);
  }

  /** @param {FusionEvent} event */
  #applyRun(event) {
    switch (event.type) {
      case "run.started":
        // Reset the state: a server that lost the run may resume it from a snapshot and report it
        // from the start.
        Object.assign(this, new RunState());
        this.#activity = [];
        this.#panelSources.clear();
        this.#analysisSources = [];
        this.status = "running";
        this.run_id = event.run_id;
        this.seed = event.seed;
        this.panel = objects(event.panel);
        this.#models.clear();
        for (const { index, model } of this.panel.toReversed()) this.#models.set(index, model);
        this.writer = event.writer;
        break;
      case "run.completed": {
        const { responses, failed_models, analysis = null, activity, message } = event.result ?? {};
        this.status = "completed";
        this.responses = byIndex(responses);
        this.failures = byIndex(failed_models);
        this.analysis = analysis;
        this.#activity = objects(activity);
        this.result = event.result;
        if (this.answer && isObject(message)) this.answer.message = message;
        break;
      }
      case "run.failed":
        this.status = "failed";
        this.error = event.error;
        break;
    }
  }

  /** @param {FusionEvent} event */
  #applyPanelist(event) {
    if (!("index" in event) || !Number.isInteger(event.index)) return;
    const { index } = event;
    switch (event.type) {
      case "panelist.started":
        this.partialTexts.set(index, "");
        this.#panelSources.set(index, []);
        this.failures.delete(index);
        break;
      case "panelist.delta":
        this.partialTexts.set(index, (this.partialTexts.get(index) ?? "") + text(event.delta));
        break;
      case "panelist.tool":
        this.#countTool(event);
        break;
      case "panelist.source":
        this.#addSource(event);
        this.#sourcesOf(index).push(toSource(event));
        break;
      case "panelist.completed": {
        const { model, content, usage, finish_reason } = event;
        const sources = this.#sourcesOf(index);
        this.partialTexts.delete(index);
        this.responses.set(index, { index, model, content, sources, usage, finish_reason });
        break;
      }
      case "panelist.failed": {
        const { message: error, code, status_code } = event.error ?? {};
        const status = status_code !== undefined && { status_code };
        this.failures.set(index, { index, model: event.model, error, code, ...status });
        break;
      }
    }
  }

  /** @param {FusionEvent} event */
  #applyAnalysis(event) {
    switch (event.type) {
      case "analysis.tool":
        this.#countTool(event);
        break;
      case "analysis.source":
        this.#addSource(event);
        this.#analysisSources.push(toSource(event));
        break;
      case "analysis.completed":
        this.analysis = event.analysis;
        break;
      case "analysis.failed":
        this.analysisError = event.error;
        break;
    }
  }

  /** @param {FusionEvent} event */
  #applyAnswer(event) {
    const { answer } = this;
    switch (event.type) {
      case "answer.started":
        this.answer = {
          model: event.model,
          text: "",
          tool_calls: [],
          sources: [],
          finish_reason: null,
        };
        break;
      case "answer.reasoning":
        this.reasoning += text(event.delta);
        break;
      case "answer.delta":
        if (answer) answer.text += text(event.delta);
        break;
      case "answer.source":
        this.#addSource(event);
        answer?.sources.push(toSource(event));
        break;
      case "answer.tool_call":
        answer?.tool_calls.push({ id: event.id, name: event.name, arguments: event.arguments });
        break;
      case "answer.completed":
        if (!answer) break;
        answer.content = event.content;
        answer.finish_reason = event.finish_reason;
        break;
    }
  }

  /** @param {{ tool: string, status: string }} event */
  #countTool({ tool, status }) {
    if (status === "started" || typeof tool !== "string") return;
    if (tool.endsWith("web_search")) this.toolCounts.web_search += 1;
    if (tool.endsWith("web_fetch")) this.toolCounts.web_fetch += 1;
  }

  /** @param {Source} source */
  #addSource({ url, title }) {
    if (!this.sources.has(url)) this.sources.set(url, title);
  }

  /** @param {number} index */
  #sourcesOf(index) {
    const sources = this.#panelSources.get(index) ?? [];
    this.#panelSources.set(index, sources);
    return sources;
  }

  /**
   * Returns the requested model of a panelist. A fallback may have answered.
   * @param {number} index
   */
  modelAt(index) {
    return this.#models.get(index) ?? "";
  }

  /**
   * Returns a copy of the state as a snapshot without a request.
   * @returns {FusionSnapshot}
   */
  snapshot() {
    const { run_id, seed, status, analysis, answer } = this;
    return structuredClone({
      ...emptySnapshot({}, status),
      run_id,
      seed,
      responses: [...this.responses.values()].sort((a, b) => a.index - b.index),
      failed_models: [...this.failures.values()],
      partial: this.#partial(),
      analysis,
      analysis_sources: this.#analysisSources,
      answer: answer?.content === undefined ? null : finished(answer, answer.content),
      activity: this.#activity,
    });
  }

  #partial() {
    /** @type {FusionSnapshot["partial"]} */
    const partial = [...this.partialTexts]
      .filter(([, content]) => content !== "")
      .map(([index, content]) => ({
        stage: "panel",
        index,
        model: this.modelAt(index),
        content,
      }));
    const { answer } = this;
    if (answer?.text && answer.content === undefined) {
      partial.push({ stage: "answer", model: answer.model, content: answer.text });
    }
    return partial;
  }
}

/** @param {unknown} items @returns {Map<number, any>} */
const byIndex = (items) => new Map(withIndex(items).map((item) => [item.index, item]));

/** @param {Answer} answer @param {string} content */
function finished({ model, tool_calls, sources, finish_reason, message }, content) {
  return { model, content, tool_calls, ...(message && { message }), sources, finish_reason };
}
