// toUIMessageStream(): makes a UI message stream of the AI SDK from a run. The stream has data
// parts for the panel and the analysis.

import { isFusionError, messageOf } from "../errors.js";
import { PanelParts } from "./ui-parts.js";
import { finishReasonOf } from "./usage.js";
import { isWebSource, refuseUnknown } from "./values.js";

/** @typedef {import("../output.js").FusionEvent} FusionEvent */
/** @typedef {import("../output.js").ErrorData} ErrorData */
/** @typedef {import("./index.js").FusionUIChunk} FusionUIChunk */

/** @type {typeof import("./index.js").toUIMessageStream} */
export function toUIMessageStream(run, options = {}) {
  refuseUnknown(options, ["messageId", "throttleMs", "onError"]);
  const iterator = iteratorOf(run);
  const chunks = chunksOf(iterator, options);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      // Close the run itself. While the generator waits for an event of the run, a call of its
      // `return()` would also wait.
      await iterator.return?.();
    },
  });
}

/**
 * Returns the iterator of a run. Throws `TypeError` if the value is not a run, or if the run
 * already has a reader.
 * @param {AsyncIterable<FusionEvent>} run
 */
function iteratorOf(run) {
  if (typeof run?.[Symbol.asyncIterator] !== "function")
    throw new TypeError("toUIMessageStream() takes a run, such as `fuse()` returns");
  return run[Symbol.asyncIterator]();
}

/**
 * @param {AsyncIterator<FusionEvent>} iterator
 * @param {NonNullable<Parameters<typeof toUIMessageStream>[1]>} options
 * @returns {AsyncGenerator<FusionUIChunk, void>}
 */
async function* chunksOf(iterator, { messageId, throttleMs = 200, onError = ({ code }) => code }) {
  const message = new Message(messageId, throttleMs);
  try {
    for await (const event of { [Symbol.asyncIterator]: () => iterator }) yield* message.of(event);
  } catch (error) {
    yield* message.fail(error, onError);
  }
}

class Message {
  #messageId;
  #panel;
  #hasStarted = false;
  /**
   * The open blocks. The text block of an attempt stays open until the attempt ends, because only
   * the end chunk of a block can mark its text as withdrawn.
   * @type {{ type: "text" | "reasoning", id: string }[]}
   */
  #open = [];
  #blocks = 0;
  /** @type {string | null} */
  #finishReason = null;
  /**
   * The error in the event `run.failed`, after this event.
   * @type {import("../output.js").ErrorData | undefined}
   */
  #failure;

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
      case "run.failed":
        this.#failure = event.error;
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
    let block = this.#open.at(-1);
    if (block?.type !== type) {
      if (block?.type === "reasoning") {
        this.#open.pop();
        yield { type: "reasoning-end", id: block.id };
      }
      block = { type, id: `${type}-${this.#blocks++}` };
      this.#open.push(block);
      yield { type: `${type}-start`, id: block.id };
    }
    yield { type: `${type}-delta`, id: block.id, delta };
  }

  /** @param {{ providerMetadata?: any }} [metadata] @returns {Generator<FusionUIChunk>} */
  *#close(metadata) {
    for (const { type, id } of this.#open.splice(0)) yield { type: `${type}-end`, id, ...metadata };
  }

  /** @param {import("../output.js").FusionResult} result @returns {Generator<FusionUIChunk>} */
  *#finish({ run_id, sources, tool_calls, usage }) {
    yield* this.#close();
    for (const { url, title } of sources.filter(isWebSource))
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
   * @param {unknown} thrown what reading the run has thrown: an error, or the reason of a signal
   * @param {(error: ErrorData) => string | undefined} onError
   * @returns {Generator<FusionUIChunk>}
   */
  *fail(thrown, onError) {
    yield* this.#start();
    yield* this.#panel.end();
    yield* this.#close();
    const error = isFusionError(thrown) ? thrown : (this.#failure ?? unexpected(thrown));
    if (error.code === "cancelled") yield { type: "abort" };
    else yield { type: "error", errorText: onError(error) || error.code };
  }
}

/**
 * Returns the error for a thrown value that is not a FusionError.
 * @param {unknown} thrown
 * @returns {ErrorData}
 */
const unexpected = (thrown) => ({
  code: /** @type {any} */ (thrown)?.name === "AbortError" ? "cancelled" : "unexpected_error",
  message: messageOf(thrown),
});

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
