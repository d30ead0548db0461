// Turns the streams of Workers AI into chunks of Chat Completions.

import { EventReader } from "../sse.js";
import { finishReason, isObject, isOldForm, toCalls, toText } from "./completion.js";
import { describe, isFailure, streamError } from "./errors.js";

const MAX_EVENT_CHARS = 2 ** 24;
const KEEP_ALIVE = ": at work\n\n";
const DONE = "data: [DONE]\n\n";

/**
 * Returns the response's body. If the body is cancelled, the model's stream is cancelled too.
 * @param {ReadableStream<Uint8Array>} stream
 * @param {number | undefined} limit the request's token limit
 * @param {AbortSignal} signal
 * @returns {ReadableStream<Uint8Array>}
 */
export function toChatStream(stream, limit, signal) {
  const reader = new EventReader(stream, { max_chars: MAX_EVENT_CHARS });
  const encoder = new TextEncoder();
  const chunks = new Chunks(limit);
  return new ReadableStream({
    async pull(controller) {
      try {
        const event = await reader.next();
        if (!event) return controller.close();
        controller.enqueue(encoder.encode(chunks.of(event.data)));
        if (!chunks.isOver) return;
        controller.close();
        reader.cancel();
      } catch (error) {
        const known = signal.aborted ? undefined : streamError(error);
        if (!known) return controller.error(error);
        controller.enqueue(encoder.encode(line({ error: known, choices: [] })));
        controller.close();
      }
    },
    cancel: () => reader.cancel(),
  });
}

class Chunks {
  isOver = false;
  #limit;
  #calls = 0;
  #hasEnd = false;
  /** @type {any} */
  #usage;

  /** @param {number | undefined} limit */
  constructor(limit) {
    this.#limit = limit;
  }

  /** @param {string} data @returns {string} */
  of(data) {
    if (data.trim() === "[DONE]") return this.#done();
    const chunk = parse(data);
    if (!isObject(chunk)) return line(chunk ?? data);
    if (isFailure(chunk)) return this.#fail(chunk);
    const result = isObject(chunk.result) ? chunk.result : chunk;
    if (Array.isArray(result.choices)) return this.#chunk(result);
    return isOldForm(result) || result.usage ? this.#old(result) : KEEP_ALIVE;
  }

  /** Returns a chunk in OpenAI's form. Removes the fields of the older form of Workers AI. */
  #chunk(/** @type {Record<string, any>} */ { response: _, tool_calls: __, p: ___, ...chunk }) {
    const [choice] = chunk.choices;
    if (choice?.finish_reason) this.#hasEnd = true;
    if (choice?.delta?.tool_calls?.length) this.#calls += 1;
    this.#usage = chunk.usage ?? this.#usage;
    return line(chunk);
  }

  /** @param {Record<string, any>} chunk */
  #old({ response, tool_calls, usage }) {
    const content = toText(response);
    const calls = toCalls(tool_calls, this.#calls);
    this.#calls += calls.length;
    this.#usage = usage ?? this.#usage;
    const delta = { ...(content && { content }), ...(calls.length > 0 && { tool_calls: calls }) };
    const text = Object.keys(delta).length > 0 ? toChunk(delta) : "";
    return text + (usage ? line({ choices: [], usage }) : "") || KEEP_ALIVE;
  }

  /**
   * Returns the last events of a stream: a finish reason and `[DONE]`. Without these events, the
   * core would report a broken stream.
   */
  #done() {
    this.isOver = true;
    if (this.#hasEnd) return DONE;
    return toChunk({}, finishReason(this.#calls, this.#usage, this.#limit)) + DONE;
  }

  /** @param {Record<string, any>} chunk */
  #fail(chunk) {
    this.isOver = true;
    return line({ error: streamError(chunk) ?? describe(chunk), choices: [] });
  }
}

/** @param {object} delta @param {string | null} [finish_reason] */
const toChunk = (delta, finish_reason = null) =>
  line({ choices: [{ index: 0, delta, finish_reason }] });

/** @param {unknown} data */
const line = (data) => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
