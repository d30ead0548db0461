// Turns the stream parts of an AI SDK model into the chunks of Chat Completions.

import { streamError } from "./provider-errors.js";
import { defined, isObject } from "./values.js";

/**
 * The type of an item in `reasoning_details` that contains a part of the AI SDK. The next request
 * sends the item back.
 */
export const PARTS = "ai-sdk.part";

/** @type {Record<string, string>} */
const FINISH_REASONS = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
};
const KEEP_ALIVE = ": at work\n\n";

/**
 * Returns the body of the response, which contains the stream of an AI SDK model. If the body is
 * cancelled, the model's stream is cancelled too.
 * @param {ReadableStream<any>} stream
 * @param {string} model
 * @param {AbortSignal} signal
 * @returns {ReadableStream<Uint8Array>}
 */
export function toChatStream(stream, model, signal) {
  const reader = stream.getReader();
  const encoder = new TextEncoder();
  const chunks = new Chunks(model);
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        controller.enqueue(encoder.encode(chunks.of(value)));
        if (!chunks.isOver) return;
        controller.close();
        reader.cancel().catch(() => {});
      } catch (error) {
        if (signal.aborted) return controller.error(error);
        controller.enqueue(encoder.encode(errorLine(error)));
        controller.close();
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

class Chunks {
  isOver = false;
  #model;
  #calls = 0;
  #details = 0;
  #urls = new Set();
  /** Unfinished reasoning by id. @type {Map<string, { text: string, providerOptions?: object }>} */
  #reasoning = new Map();

  /** @param {string} model */
  constructor(model) {
    this.#model = model;
  }

  /** @param {any} part @returns {string} */
  of(part) {
    switch (part?.type) {
      case "response-metadata":
        if (part.modelId) this.#model = part.modelId;
        return KEEP_ALIVE;
      case "text-delta":
        return this.#delta({ content: part.delta });
      case "text-end":
        return this.#detail({ type: "text", providerOptions: part.providerMetadata });
      case "reasoning-start":
        this.#addReasoning(part);
        return KEEP_ALIVE;
      case "reasoning-delta":
        this.#addReasoning(part);
        return part.delta ? this.#delta({ reasoning: part.delta }) : KEEP_ALIVE;
      case "reasoning-end":
        return this.#endReasoning(part);
      case "source":
        return this.#source(part);
      case "tool-call":
        return part.providerExecuted ? KEEP_ALIVE : this.#call(part);
      case "error":
        this.isOver = true;
        return errorLine(part.error);
      case "finish":
        this.isOver = true;
        return this.#finish(part);
      default:
        return KEEP_ALIVE;
    }
  }

  /** @param {object} delta @param {string | null} [finish_reason] */
  #delta(delta, finish_reason = null) {
    return line({ model: this.#model, choices: [{ index: 0, delta, finish_reason }] });
  }

  /** The signature may be in the start, delta or end part of reasoning. @param {any} part */
  #addReasoning({ id, delta = "", providerMetadata }) {
    const open = this.#reasoning.get(id) ?? { text: "" };
    open.text += delta;
    if (isObject(providerMetadata)) open.providerOptions = providerMetadata;
    this.#reasoning.set(id, open);
  }

  /** @param {any} part */
  #endReasoning(part) {
    this.#addReasoning(part);
    const open = this.#reasoning.get(part.id);
    this.#reasoning.delete(part.id);
    return this.#detail({ type: "reasoning", ...open });
  }

  /**
   * Returns a chunk that contains a part of the AI SDK in `reasoning_details`. The next request
   * sends this part back.
   * @param {Record<string, any>} part
   */
  #detail(part) {
    if (!isObject(part.providerOptions) || Object.keys(part.providerOptions).length === 0)
      return KEEP_ALIVE;
    return this.#delta({ reasoning_details: [{ type: PARTS, index: this.#details++, part }] });
  }

  /** @param {any} part */
  #source({ sourceType, url, title }) {
    if (sourceType !== "url" || this.#urls.has(url)) return KEEP_ALIVE;
    this.#urls.add(url);
    const url_citation = { url, title: title ?? "" };
    return this.#delta({ annotations: [{ type: "url_citation", url_citation }] });
  }

  /** @param {any} part */
  #call({ toolCallId: id, toolName: name, input, providerMetadata: provider_metadata }) {
    const text = typeof input === "string" ? input || "{}" : JSON.stringify(input ?? {});
    const call = {
      index: this.#calls++,
      id,
      type: "function",
      function: { name, arguments: text },
      ...(isObject(provider_metadata) && { provider_metadata }),
    };
    return this.#delta({ tool_calls: [call] });
  }

  /** @param {any} part */
  #finish({ finishReason, usage }) {
    const reason = finishReason?.unified ?? finishReason;
    // The stream was interrupted. Without a finish reason, usage and `[DONE]`, the core treats the
    // answer as incomplete.
    if (reason === "interrupted") return KEEP_ALIVE;
    if (reason === "error") return errorLine(new Error("the provider ended with an error"));
    const end = this.#delta({}, FINISH_REASONS[reason] ?? "stop");
    return `${end}${usageLine(usage)}data: [DONE]\n\n`;
  }
}

/** @param {object} data */
const line = (data) => `data: ${JSON.stringify(data)}\n\n`;
/** @param {unknown} error */
const errorLine = (error) => line({ error: streamError(error), choices: [] });

/**
 * Returns the usage, if the provider reported it. In specification version 2, a count is a number.
 * In later versions, a count is an object with `total`.
 * @param {any} usage
 */
function usageLine(usage) {
  const total = (/** @type {any} */ count) => (isObject(count) ? count.total : count);
  const prompt_tokens = total(usage?.inputTokens);
  const completion_tokens = total(usage?.outputTokens);
  if (prompt_tokens === undefined && completion_tokens === undefined) return "";
  const reasoning_tokens = usage.outputTokens?.reasoning ?? usage.reasoningTokens;
  const completion_tokens_details = defined({ reasoning_tokens });
  return line({
    choices: [],
    usage: defined({ prompt_tokens, completion_tokens, completion_tokens_details }),
  });
}
