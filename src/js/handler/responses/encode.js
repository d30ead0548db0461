// Encodes a run as OpenAI's Responses, with OpenRouter's item and events about the panel. Each
// event about a panelist also has an `index`, which OpenRouter's events lack.
// <https://openrouter.ai/docs/api/api-reference/responses/create-responses>

import { DONE, formatNamedEvent, OPENROUTER_KEEP_ALIVE } from "../../sse-writer.js";
import * as apiError from "../api-error.js";
import { sealedFor } from "../sealed-message.js";
import { costField, toolUsage, totalTokens } from "../usage.js";
import { omitNullish } from "../values.js";
import { echoedFields } from "./echoed-fields.js";
import { partRef, summaryRef, toOutputItem, toPart } from "./items.js";

/**
 * @typedef {import("../respond.js").ResponseEncoder} ResponseEncoder
 * @typedef {import("../run-view.js").RunView} RunView
 * @typedef {import("./items.js").Kind} Kind
 * @typedef {import("./items.js").Item} Item
 */

const ID_PREFIXES = {
  fusion: "st",
  progress: "rs",
  reasoning: "rs",
  sealed: "rs",
  message: "msg",
  call: "fc",
};
/** The type of the text part of an item. The names of the item's events contain this type. */
const PART_TYPES = { reasoning: "reasoning_text", message: "output_text" };

/** @implements {ResponseEncoder} */
export class Encoder {
  keepAlive = OPENROUTER_KEEP_ALIVE;
  #params;
  #compat;
  #id;
  #created;
  #sequence = 0;
  /** The indexes of the panelists whose start event was sent. @type {Item[]} */
  #items = [];
  /** The indexes of the panelists whose start was sent. */
  #started = new Set();
  /** The latest round for which the start of the analysis was sent. 0 before the first analysis. */
  #comparedRound = 0;
  /** Unfinished items. @type {Partial<Record<Kind, Item>>} */
  #open = {};

  /**
   * @param {import("../build-request.js").Params} params
   * @param {{ id: string, created: number }} meta
   */
  constructor(params, { id, created }) {
    this.#params = params;
    this.#compat = params.compat;
    this.#id = id.replace(/^gen-/, "");
    this.#created = created;
  }

  /** @param {import("../../output.js").FusionEvent} event @param {RunView} view */
  encode(event, view) {
    switch (event.type) {
      case "run.started":
        return this.#encodeStart(view);
      case "analysis.started": {
        const { model, round = 1, pass } = event;
        if (this.#comparedRound === round || pass) return "";
        this.#comparedRound = round;
        const models = { analyst_model: model, judge_model: model };
        return this.#fusionEvent("analysis.in_progress", models);
      }
      case "analysis.completed":
        return this.#fusionEvent("analysis.completed", { analysis: view.analysis });
      case "answer.started":
        if (event.attempt > 1) this.#discardMessage();
        if (!this.#open.fusion) return "";
        return this.#fusionEvent("completed") + this.#endItem("fusion", view);
      case "answer.reasoning":
        return this.#addText("reasoning", event.delta, view);
      case "answer.delta":
        return this.#endItem("reasoning", view) + this.#addText("message", event.delta, view);
      case "answer.tool_call":
        return this.#endTexts(view) + this.#encodeToolCall(event, view);
      case "run.completed": {
        const ended = this.#endTexts(view) + this.#encodeSealed(view);
        const response = this.encodeAll(view);
        return ended + this.#event(`response.${response.status}`, { response }) + DONE;
      }
      default:
        return this.#encodePanelist(event, view);
    }
  }

  /** @param {import("../../output.js").FusionEvent} event @param {RunView} view */
  #encodePanelist(event, view) {
    switch (event.type) {
      case "panelist.started":
        if (this.#started.has(event.index)) return "";
        this.#started.add(event.index);
        return this.#panelEvent("added", event, view);
      case "panelist.delta":
        return this.#panelEvent("delta", event, view, { delta: event.delta });
      case "panelist.reasoning":
        return this.#panelEvent("reasoning.delta", event, view, { delta: event.delta });
      case "panelist.completed":
        return this.#panelEvent("completed", event, view, { content: event.content });
      case "panelist.failed": {
        const { error, status_code } = view.failure(event.index);
        const name = this.#compat?.throwsOnErrorField ? "message" : "error";
        const fields = omitNullish({ [name]: error, status_code });
        return this.#panelEvent("failed", event, view, fields);
      }
      default:
        return "";
    }
  }

  /** @param {RunView} view */
  #encodeStart(view) {
    const response = this.#response(view, "in_progress");
    const started =
      this.#event("response.created", { response }) +
      this.#event("response.in_progress", { response });
    if (!view.convened || !this.#compat?.showsFusion) return started;
    return started + this.#startItem("fusion", view) + this.#fusionEvent("in_progress");
  }

  /**
   * Encodes progress as the summary of an item of reasoning.
   * @param {string} text
   * @param {RunView} view
   */
  encodeProgress(text, view) {
    let started = "";
    if (!this.#open.progress) {
      started = this.#startItem("progress", view);
      const part = { type: "summary_text", text: "" };
      const fields = { ...summaryRef(/** @type {any} */ (this.#open.progress)), part };
      started += this.#event("response.reasoning_summary_part.added", fields);
    }
    const item = /** @type {Item} */ (/** @type {unknown} */ (this.#open.progress));
    item.text += text;
    const fields = { ...summaryRef(item), delta: text };
    return started + this.#event("response.reasoning_summary_text.delta", fields);
  }

  /** @param {RunView} view */
  endProgress(view) {
    const item = this.#open.progress;
    if (!item) return "";
    const { text } = item;
    const ref = summaryRef(item);
    const part = { type: "summary_text", text };
    return (
      this.#event("response.reasoning_summary_text.done", { ...ref, text }) +
      this.#event("response.reasoning_summary_part.done", { ...ref, part }) +
      this.#endItem("progress", view)
    );
  }

  /** @param {import("../api-error.js").ClientError} clientError @param {RunView} view */
  encodeError({ status, type, message, isFinal }, view) {
    const ended = this.#endItem("fusion", view, "incomplete");
    for (const item of Object.values(this.#open)) item.status = "incomplete";
    const isStatus = isFinal && this.#compat?.readsCodeAsStatus;
    const code = isStatus ? String(status) : errorCode(status);
    const response = {
      ...this.#response(view, "failed"),
      error: { code, message },
      error_type: type,
    };
    // OpenAI documents the event with the error's fields at its top level. Also add a nested
    // `error`, because OpenAI's client throws an error only for the nested form.
    const error = { code: type, message, param: null };
    return (
      ended +
      this.#event("response.failed", { response }) +
      this.#event("error", { ...error, error: { type: code, ...error } })
    );
  }

  /** @param {RunView} view */
  encodeAll(view) {
    const reason = incompleteReason(view);
    return {
      ...this.#response(view, reason ? "incomplete" : "completed"),
      completed_at: reason ? null : Math.floor(Date.now() / 1000),
      incomplete_details: reason ? { reason } : null,
      usage: toUsage(view),
    };
  }

  /** @param {string} type @param {object} fields */
  #event(type, fields) {
    return formatNamedEvent(
      /** @type {any} */ ({ type, ...fields, sequence_number: this.#sequence++ }),
    );
  }

  /** @param {Kind} kind @param {RunView} view @param {Partial<Item>} [fields] */
  #startItem(kind, view, fields) {
    const index = this.#items.length;
    const suffix = kind === "fusion" ? "" : `_${index}`;
    const id = `${ID_PREFIXES[kind]}_${this.#id}${suffix}`;
    /** @type {Item} */
    const item = { kind, id, index, status: "in_progress", text: "", ...fields };
    this.#items.push(item);
    this.#open[kind] = item;
    return this.#itemEvent("added", item, view);
  }

  /** @param {Kind} kind @param {RunView} view @param {Item["status"]} status */
  #endItem(kind, view, status = "completed") {
    const item = this.#open[kind];
    if (!item) return "";
    delete this.#open[kind];
    item.status = status;
    const isText = kind === "reasoning" || kind === "message";
    return (isText ? this.#endText(kind, item, view) : "") + this.#itemEvent("done", item, view);
  }

  /** @param {RunView} view */
  #endTexts(view) {
    return this.#endItem("reasoning", view) + this.#endItem("message", view);
  }

  /** @param {"added" | "done"} what @param {Item} item @param {RunView} view */
  #itemEvent(what, item, view) {
    const fields = { output_index: item.index, item: toOutputItem(item, view) };
    return this.#event(`response.output_item.${what}`, fields);
  }

  /**
   * Adds a delta to an item. The first delta starts the item and its only part.
   * @param {"reasoning" | "message"} kind
   * @param {string} delta
   * @param {RunView} view
   */
  #addText(kind, delta, view) {
    let started = "";
    if (!this.#open[kind]) started = this.#startItem(kind, view);
    const item = /** @type {Item} */ (this.#open[kind]);
    if (started) {
      const fields = { ...partRef(item), part: toPart(item) };
      started += this.#event("response.content_part.added", fields);
    }
    item.text += delta;
    const fields = { ...partRef(item), delta, ...(kind === "message" && { logprobs: [] }) };
    return started + this.#event(`response.${PART_TYPES[kind]}.delta`, fields);
  }

  /** @param {"reasoning" | "message"} kind @param {Item} item @param {RunView} view */
  #endText(kind, item, view) {
    const { text } = item;
    let events = "";
    if (kind === "message") {
      item.annotations = view
        .citationsIn(text)
        .map((citation) => ({ type: "url_citation", ...citation }));
      for (const [annotation_index, annotation] of item.annotations.entries()) {
        const fields = { ...partRef(item), annotation_index, annotation };
        events += this.#event("response.output_text.annotation.added", fields);
      }
    }
    const fields = { ...partRef(item), text, ...(kind === "message" && { logprobs: [] }) };
    events += this.#event(`response.${PART_TYPES[kind]}.done`, fields);
    const done = { ...partRef(item), part: toPart(item) };
    return events + this.#event("response.content_part.done", done);
  }

  /**
   * Drops the message of a writer that failed. In a stream, the client has received no text of this
   * message; see respond.js.
   */
  #discardMessage() {
    delete this.#open.message;
    this.#items = this.#items.filter(({ kind }) =>
      ["fusion", "progress", "reasoning"].includes(kind),
    );
  }

  /** @param {import("../../output.js").ToolCall} toolCall @param {RunView} view */
  #encodeToolCall({ id: call_id, name, arguments: json }, view) {
    const started = this.#startItem("call", view, { call_id, name });
    const item = /** @type {Item} */ (this.#open.call);
    item.text = json;
    const ref = { item_id: item.id, output_index: item.index };
    const event = "response.function_call_arguments";
    return (
      started +
      this.#event(`${event}.delta`, { ...ref, delta: json }) +
      this.#event(`${event}.done`, { ...ref, name, arguments: json }) +
      this.#endItem("call", view)
    );
  }

  /**
   * Encodes the sealed fields as a reasoning item; see sealed-message.js. The writer's provider
   * requires these fields in the next request.
   * @param {RunView} view
   */
  #encodeSealed(view) {
    const { include } = this.#params.echo;
    const isAsked = Array.isArray(include) && include.includes("reasoning.encrypted_content");
    const text = sealedFor(view, isAsked);
    if (text === undefined) return "";
    return this.#startItem("sealed", view, { text }) + this.#endItem("sealed", view);
  }

  /** @param {string} type @param {object} [fields] */
  #fusionEvent(type, fields) {
    const item = this.#open.fusion;
    if (!item || this.#compat?.throwsOnUnknownEvents) return "";
    const ref = { item_id: item.id, output_index: item.index };
    return this.#event(`response.fusion_call.${type}`, { ...ref, ...fields });
  }

  /**
   * @param {string} type
   * @param {{ index: number }} event
   * @param {RunView} view
   * @param {object} [fields]
   */
  #panelEvent(type, { index }, view, fields) {
    const model = view.modelAt(index);
    return this.#fusionEvent(`panel.${type}`, { model, index, ...fields });
  }

  /** @param {RunView} view @param {string} status */
  #response(view, status) {
    return {
      ...echoedFields(this.#params.echo),
      id: `resp_${this.#id}`,
      created_at: this.#created,
      completed_at: /** @type {number | null} */ (null),
      status,
      model: view.writer,
      output: this.#items.map((item) => toOutputItem(item, view)),
      output_text: view.text,
      error: null,
      incomplete_details: /** @type {{ reason: string } | null} */ (null),
      usage: /** @type {object | null} */ (null),
    };
  }
}

/** @param {import("../api-error.js").ClientError} error */
export const errorBody = (error) => ({ ...apiError.errorBody(error), error_type: error.type });

/**
 * Returns the code of a failed response.
 * @param {number} status
 */
function errorCode(status) {
  if (status === 429) return "rate_limit_exceeded";
  return status < 500 && status !== apiError.NOT_REPEATED ? "invalid_prompt" : "server_error";
}

/** @param {RunView} view */
function incompleteReason({ toolCalls, finishReason }) {
  if (toolCalls.length > 0) return undefined;
  if (finishReason === "length") return "max_output_tokens";
  return finishReason === "content_filter" ? "content_filter" : undefined;
}

/** @param {RunView} view */
function toUsage(view) {
  const { prompt_tokens = 0, completion_tokens = 0, reasoning_tokens, cost } = view.usage ?? {};
  return {
    input_tokens: prompt_tokens,
    // OpenAI's Python client requires `cached_tokens` and `cache_write_tokens`.
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens },
    total_tokens: totalTokens({ prompt_tokens, completion_tokens }),
    ...costField(cost),
    is_byok: false,
    server_tool_use_details: toolUsage(view),
  };
}
