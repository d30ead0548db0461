// toUIMessageStream(): makes a UI message stream of the AI SDK from a run. The stream has data
// parts for the panel and the analysis.

import { isFusionError } from "../errors.js";
import { PanelParts } from "./ui-parts.js";
import { finishReasonOf } from "./usage.js";
import { refuseUnknown } from "./values.js";

/** @typedef {import("../output.js").FusionEvent} FusionEvent */
/** @typedef {import("./index.js").FusionUIChunk} FusionUIChunk */

/** @type {typeof import("./index.js").toUIMessageStream} */
export function toUIMessageStream(run, options = {}) {
  refuseUnknown(options, ["messageId", "throttleMs", "onError"]);
  const chunks = chunksOf(run, options);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

/**
 * @param {AsyncIterable<FusionEvent>} run
 * @param {NonNullable<Parameters<typeof toUIMessageStream>[1]>} options
 * @returns {AsyncGenerator<FusionUIChunk, void>}
 */
async function* chunksOf(run, { messageId, throttleMs = 200, onError = ({ code }) => code }) {
  const message = new Message(messageId, throttleMs);
  try {
    for await (const event of run) yield* message.of(event);
  } catch (error) {
    yield* message.fail(error, onError);
  }
}

class Message {
  #messageId;
  #panel;
  #hasStarted = false;
  /** @type {{ type: "text" | "reasoning", id: string } | undefined} */
  #open;
  #blocks = 0;
  /** @type {string | null} */
  #finishReason = null;

  /** @param {string | undefined} messageId @param {number} throttleMs */
  constructor(messageId, throttleMs) {
    this.#messageId = messageId;
    this.#panel = new PanelParts(throttleMs);
  }

  /** @param {FusionEvent} event @returns {Generator<FusionUIChunk>} */
  *of(event) {
    if (event.type === "run.started") yield* this.#start(event.run_id);
    yield* this.#panel.of(event);
    switch (event.type) {
      case "answer.started":
        // A page must check `void` to hide the withdrawn text.
        yield* this.#close({ providerMetadata: { "llm-fuse": { void: true } } });
        break;
      case "answer.reasoning":
        yield* this.#add("reasoning", event.delta);
        break;
      case "answer.delta":
        yield* this.#add("text", event.delta);
        break;
      case "answer.completed":
        this.#finishReason = event.finish_reason;
        if (event.restored) yield* this.#add("text", event.content);
        break;
      case "run.completed":
        yield* this.#finish(event.result);
        break;
    }
  }

  /** @param {string} [run_id] @returns {Generator<FusionUIChunk>} */
  *#start(run_id) {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    yield {
      type: "start",
      ...(this.#messageId !== undefined && { messageId: this.#messageId }),
      ...(run_id !== undefined && { messageMetadata: { run_id } }),
    };
    yield { type: "start-step" };
  }

  /**
   * @param {"text" | "reasoning"} type
   * @param {string} delta
   * @returns {Generator<FusionUIChunk>}
   */
  *#add(type, delta) {
    if (this.#open?.type !== type) {
      yield* this.#close();
      this.#open = { type, id: `${type}-${this.#blocks++}` };
      yield { type: `${type}-start`, id: this.#open.id };
    }
    yield { type: `${type}-delta`, id: this.#open.id, delta };
  }

  /** @param {{ providerMetadata?: any }} [metadata] @returns {Generator<FusionUIChunk>} */
  *#close(metadata) {
    const open = this.#open;
    this.#open = undefined;
    if (open) yield { type: `${open.type}-end`, id: open.id, ...metadata };
  }

  /** @param {import("../output.js").FusionResult} result @returns {Generator<FusionUIChunk>} */
  *#finish({ run_id, sources, tool_calls, usage }) {
    yield* this.#close();
    for (const { url, title } of sources)
      yield { type: "source-url", sourceId: url, url, ...(title && { title }) };
    for (const { id, name, arguments: text } of tool_calls) yield toolInput(id, name, text);
    yield { type: "finish-step" };
    yield {
      type: "finish",
      finishReason: finishReasonOf(this.#finishReason, tool_calls.length > 0).unified,
      messageMetadata: { run_id, cost: usage.cost, usage },
    };
  }

  /**
   * Yields an `abort` chunk for a cancelled run, and an `error` chunk otherwise.
   * @param {unknown} error
   * @param {(error: import("../output.js").ErrorData) => string} onError
   * @returns {Generator<FusionUIChunk>}
   */
  *fail(error, onError) {
    yield* this.#start();
    yield* this.#panel.end();
    yield* this.#close();
    // If the error is not a FusionError, it is the reason of the caller's aborted signal.
    if (!isFusionError(error) || error.code === "cancelled") yield { type: "abort" };
    else yield { type: "error", errorText: onError(error) };
  }
}

/**
 * @param {string} toolCallId
 * @param {string} toolName
 * @param {string} text
 * @returns {FusionUIChunk}
 */
function toolInput(toolCallId, toolName, text) {
  try {
    const input = JSON.parse(text || "{}");
    return { type: "tool-input-available", toolCallId, toolName, input };
  } catch {
    const errorText = "the arguments are no JSON";
    return { type: "tool-input-error", toolCallId, toolName, input: text, errorText };
  }
}
