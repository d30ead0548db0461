// Encodes a run as Anthropic's Messages. This format has no block for the panel's result. Therefore
// `usage` contains the panel's cost, and citations contain the panel's sources.
// <https://openrouter.ai/docs/api/api-reference/anthropic-messages/create-messages>

import { formatNamedEvent } from "../../sse-writer.js";
import { NOT_REPEATED } from "../api-error.js";
import { sealedFor } from "../sealed-message.js";
import { costField } from "../usage.js";

/**
 * @typedef {import("../respond.js").ResponseEncoder} ResponseEncoder
 * @typedef {import("../run-view.js").RunView} RunView
 * @typedef {"thinking" | "redacted_thinking" | "text" | "tool_use"} BlockType
 */

/** The fields with which each type of block starts. */
const EMPTY_BLOCKS = {
  thinking: { thinking: "", signature: "" },
  redacted_thinking: {},
  text: { text: "", citations: null },
  tool_use: {},
};

/** @type {Record<number, string>} */
const ERROR_TYPES = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  [NOT_REPEATED]: "api_error",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** @implements {ResponseEncoder} */
export class Encoder {
  keepAlive = formatNamedEvent({ type: "ping" });
  #params;
  #id;
  /** Index of the open block. If no block is open, the index of the next block. */
  #block = 0;
  /** @type {BlockType | undefined} */
  #openBlock;

  /**
   * @param {import("../build-request.js").Params} params
   * @param {{ id: string }} meta
   */
  constructor(params, { id }) {
    this.#params = params;
    this.#id = id;
  }

  /** @param {import("../../output.js").FusionEvent} event @param {RunView} view */
  encode(event, view) {
    switch (event.type) {
      case "run.started": {
        const fields = { content: [], stop_reason: null, usage: toUsage() };
        return formatNamedEvent(
          /** @type {any} */ ({ type: "message_start", message: this.#message(view, fields) }),
        );
      }
      case "answer.reasoning":
        if (!this.#params.showReasoning) return "";
        return (
          this.#startBlock("thinking") +
          this.#delta({ type: "thinking_delta", thinking: event.delta })
        );
      case "answer.delta":
        return this.#startBlock("text") + this.#delta({ type: "text_delta", text: event.delta });
      case "answer.tool_call":
        return (
          this.#startBlock("tool_use", toolUse(event, {})) +
          this.#delta({ type: "input_json_delta", partial_json: event.arguments }) +
          this.#endBlock()
        );
      case "run.completed":
        return this.#encodeEnd(view);
      default:
        return "";
    }
  }

  /**
   * Encodes progress as thinking without a signature.
   * @param {string} text
   */
  encodeProgress(text) {
    const started = this.#startBlock("thinking");
    return started + this.#delta({ type: "thinking_delta", thinking: text });
  }

  endProgress() {
    return this.#endBlock();
  }

  /** @param {RunView} view */
  #encodeEnd(view) {
    const cited = this.#openBlock === "text" ? citations(view) : [];
    const delta = {
      stop_reason: stopReason(view),
      stop_sequence: null,
      stop_details: null,
      container: null,
    };
    const data = sealedFor(view, this.#params.showReasoning);
    const end = { type: "message_delta", delta, usage: toUsage(view) };
    return (
      cited.map((citation) => this.#delta({ type: "citations_delta", citation })).join("") +
      this.#endBlock() +
      (data === undefined ? "" : this.#startBlock("redacted_thinking", { data })) +
      this.#endBlock() +
      formatNamedEvent(end) +
      formatNamedEvent({ type: "message_stop" })
    );
  }

  /** @param {import("../api-error.js").ClientError} clientError */
  encodeError(clientError) {
    const { type, error } = errorBody(clientError);
    return formatNamedEvent(/** @type {any} */ ({ type, error }));
  }

  /** @param {RunView} view */
  encodeAll(view) {
    const { reasoning, text } = view;
    const cited = citations(view);
    const data = sealedFor(view, this.#params.showReasoning);
    const content = [
      ...(data === undefined ? [] : [{ type: "redacted_thinking", data }]),
      ...(this.#params.showReasoning && reasoning
        ? [{ type: "thinking", thinking: reasoning, signature: "" }]
        : []),
      ...(text ? [{ type: "text", text, citations: cited.length > 0 ? cited : null }] : []),
      ...view.toolCalls.map((call) => ({
        type: "tool_use",
        ...toolUse(call, parseInput(call.arguments)),
      })),
    ];
    return this.#message(view, { content, stop_reason: stopReason(view), usage: toUsage(view) });
  }

  /** @param {RunView} view @param {object} fields */
  #message({ writer }, fields) {
    return {
      id: this.#id,
      type: "message",
      role: "assistant",
      model: writer,
      stop_sequence: null,
      stop_details: null,
      container: null,
      ...fields,
    };
  }

  /**
   * Ends the open block and starts a new block. If the open block has the same type and is not a
   * tool call, continues the open block instead.
   * @param {BlockType} type
   * @param {object} fields
   */
  #startBlock(type, fields = EMPTY_BLOCKS[type]) {
    if (this.#openBlock === type && type !== "tool_use") return "";
    const ended = this.#endBlock();
    this.#openBlock = type;
    const content_block = { type, ...fields };
    const start = { type: "content_block_start", index: this.#block, content_block };
    return ended + formatNamedEvent(start);
  }

  /** @param {object} delta */
  #delta(delta) {
    const event = { type: "content_block_delta", index: this.#block, delta };
    return formatNamedEvent(event);
  }

  #endBlock() {
    if (!this.#openBlock) return "";
    const isThinking = this.#openBlock === "thinking";
    const signature = isThinking ? this.#delta({ type: "signature_delta", signature: "" }) : "";
    this.#openBlock = undefined;
    const stop = { type: "content_block_stop", index: this.#block++ };
    return signature + formatNamedEvent(stop);
  }
}

/**
 * @param {Omit<import("../api-error.js").ClientError, "reason" | "isFinal">} error
 * @param {string | null} id
 */
export function errorBody({ status, type, message, details }, id = null) {
  const kind = ERROR_TYPES[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
  const error = { type: kind, message, error_type: type, ...(details && { details }) };
  return { type: "error", error, request_id: id };
}

/** @param {import("../../output.js").ToolCall} call @param {object} input */
const toolUse = ({ id, name }, input) => ({ id, name, input, caller: { type: "direct" } });

/** @param {RunView} view */
const citations = (view) =>
  view.sources.map(({ url, title }) => ({
    type: "web_search_result_location",
    url,
    title: title || null,
    cited_text: "",
    encrypted_index: "",
  }));

/** @param {RunView} view */
function stopReason({ toolCalls, finishReason }) {
  if (toolCalls.length > 0) return "tool_use";
  if (finishReason === "length") return "max_tokens";
  return finishReason === "content_filter" ? "refusal" : "end_turn";
}

/**
 * Returns the input of a tool call as an object, because the Messages format requires an object.
 * @param {string} json
 */
function parseInput(json) {
  try {
    return JSON.parse(json || "{}");
  } catch {
    return {};
  }
}

/**
 * Returns the usage of a run. Without `view`, returns the usage at the start of a run.
 * @param {RunView} [view]
 */
function toUsage(view) {
  const usage = view?.usage;
  const { prompt_tokens = 0, completion_tokens = 0, reasoning_tokens = 0, cost } = usage ?? {};
  const { web_search, web_fetch } = view?.toolCounts ?? {};
  return {
    input_tokens: prompt_tokens,
    output_tokens: completion_tokens,
    output_tokens_details: view ? { thinking_tokens: reasoning_tokens } : null,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    cache_creation: null,
    inference_geo: null,
    server_tool_use: view
      ? { web_search_requests: web_search, web_fetch_requests: web_fetch }
      : null,
    service_tier: null,
    ...costField(cost),
  };
}
