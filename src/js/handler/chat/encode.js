// Encodes a run as OpenAI's Chat Completions with OpenRouter's additions.
// <https://openrouter.ai/docs/api/api-reference/chat/send-chat-completion-request>

import { DONE, formatEvent, OPENROUTER_KEEP_ALIVE } from "../../sse-writer.js";
import { errorBody } from "../api-error.js";
import { sealedFor } from "../sealed-message.js";
import { costField, toolUsage, totalTokens } from "../usage.js";

/**
 * @typedef {import("../respond.js").ResponseEncoder} ResponseEncoder
 * @typedef {import("../run-view.js").RunView} RunView
 */

const TOOL = "openrouter:fusion";

export { errorBody };

/** @implements {ResponseEncoder} */
export class Encoder {
  keepAlive = OPENROUTER_KEEP_ALIVE;
  #params;
  #meta;
  #progressField;

  /**
   * @param {import("../build-request.js").Params} params
   * @param {{ id: string, created: number, progressField?: string | undefined }} meta
   */
  constructor(params, { progressField = "reasoning", ...meta }) {
    this.#params = params;
    this.#meta = meta;
    this.#progressField = progressField;
  }

  /** @param {import("../../output.js").FusionEvent} event @param {RunView} view */
  encode(event, view) {
    switch (event.type) {
      case "run.started":
        return this.#chunk(view, { role: "assistant", content: "" });
      case "answer.started":
        if (!view.convened || event.attempt !== 1) return "";
        return this.#chunk(view, { reasoning_details: [this.#record(view)] });
      case "answer.reasoning":
        return this.#params.showReasoning ? this.#chunk(view, { reasoning: event.delta }) : "";
      case "answer.delta":
        return this.#chunk(view, { content: event.delta });
      case "answer.tool_call": {
        const index = view.toolCalls.length - 1;
        return this.#chunk(view, { tool_calls: [{ index, ...toToolCall(event) }] });
      }
      case "run.completed":
        return this.#encodeEnd(view);
      default:
        return "";
    }
  }

  /** @param {string} text @param {RunView} view */
  encodeProgress(text, view) {
    return this.#chunk(view, { [this.#progressField]: text });
  }

  endProgress() {
    return "";
  }

  /** @param {RunView} view */
  #encodeEnd(view) {
    const sealed = this.#sealed(view);
    const cited = annotations(view);
    const usage = toUsage(view);
    return (
      (sealed.length > 0 ? this.#chunk(view, { reasoning_details: sealed }) : "") +
      (cited.length > 0 ? this.#chunk(view, { annotations: cited }) : "") +
      this.#chunk(view, { content: "" }, finishReason(view)) +
      formatEvent({ ...this.#head(view), choices: [], usage }) +
      DONE
    );
  }

  /** @param {import("../api-error.js").ClientError} clientError @param {RunView} view */
  encodeError(clientError, view) {
    const { error } = errorBody(clientError);
    if (this.#params.compat?.dropsErrorBesideChoices) {
      return formatEvent(/** @type {any} */ ({ error }));
    }
    const choice = {
      index: 0,
      delta: { content: "" },
      finish_reason: "error",
      native_finish_reason: null,
    };
    return formatEvent({ ...this.#head(view), error, choices: [choice] });
  }

  /** @param {RunView} view */
  encodeAll(view) {
    const calls = view.message?.tool_calls ?? view.toolCalls.map(toToolCall);
    const details = [...(view.convened ? [this.#record(view)] : []), ...this.#sealed(view)];
    const { showReasoning } = this.#params;
    const reasoning_content = view.message?.reasoning_content;
    const cited = annotations(view);
    const message = {
      role: "assistant",
      content: view.text || (calls.length > 0 ? null : ""),
      refusal: null,
      ...(showReasoning && view.reasoning && { reasoning: view.reasoning }),
      ...(showReasoning && reasoning_content !== undefined && { reasoning_content }),
      ...(details.length > 0 && { reasoning_details: details }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(cited.length > 0 && { annotations: cited }),
    };
    const choice = {
      index: 0,
      message,
      finish_reason: finishReason(view),
      native_finish_reason: view.finishReason,
      logprobs: null,
    };
    return {
      ...this.#head(view),
      object: "chat.completion",
      system_fingerprint: null,
      choices: [choice],
      usage: toUsage(view),
    };
  }

  /**
   * Returns an item of `reasoning_details` with the sealed fields; see sealed-message.js. The
   * writer's provider requires these fields in the next request.
   * @param {RunView} view
   */
  #sealed(view) {
    const data = sealedFor(view, this.#params.showReasoning);
    if (data === undefined) return [];
    const index = view.convened ? 1 : 0;
    return [{ type: "reasoning.encrypted", data, id: null, format: null, index }];
  }

  /** @param {RunView} view */
  #head({ writer }) {
    return { ...this.#meta, object: "chat.completion.chunk", model: writer };
  }

  /** @param {RunView} view @param {object} delta @param {string | null} finish_reason */
  #chunk(view, delta, finish_reason = null) {
    const native_finish_reason = finish_reason && view.finishReason;
    const choice = { index: 0, delta, finish_reason, native_finish_reason, logprobs: null };
    return formatEvent({ ...this.#head(view), choices: [choice] });
  }

  /**
   * Returns the panel's result as an item of `reasoning_details`, in the form of OpenRouter's
   * server tool calls. The client sends this item back with the next request.
   * @param {RunView} view
   */
  #record(view) {
    return {
      type: "reasoning.server_tool_call",
      tool_name: TOOL,
      tool_call_id: `call_${this.#meta.id}`,
      arguments: JSON.stringify({ prompt: question(this.#params.messages) }),
      result: JSON.stringify({ status: "ok", ...view.findings }),
      id: null,
      format: null,
      index: 0,
    };
  }
}

/**
 * Returns the text of the user's last message.
 * @param {any[]} messages
 */
function question(messages) {
  const { content } = messages.findLast(({ role }) => role === "user") ?? {};
  if (!Array.isArray(content)) return content ?? "";
  return content.flatMap((part) => (part?.type === "text" ? [part.text] : [])).join("\n");
}

/** @param {import("../../output.js").ToolCall} call */
const toToolCall = ({ id, name, arguments: json }) => ({
  id,
  type: "function",
  function: { name, arguments: json },
});

/** @param {RunView} view */
const annotations = (view) =>
  view.citationsIn(view.text).map((url_citation) => ({ type: "url_citation", url_citation }));

/** @param {RunView} view */
function finishReason({ finishReason, toolCalls }) {
  if (toolCalls.length > 0) return "tool_calls";
  const isKnown = finishReason === "length" || finishReason === "content_filter";
  return isKnown ? finishReason : "stop";
}

/** @param {RunView} view */
function toUsage(view) {
  const { prompt_tokens = 0, completion_tokens = 0, reasoning_tokens, cost } = view.usage ?? {};
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: totalTokens({ prompt_tokens, completion_tokens }),
    completion_tokens_details: { reasoning_tokens },
    ...costField(cost),
    is_byok: false,
    server_tool_use_details: toolUsage(view),
  };
}
