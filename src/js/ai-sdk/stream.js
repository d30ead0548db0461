// Turns the events of a run into the stream parts of a language model.

import { FusionError } from "../errors.js";
import { Progress } from "../progress.js";
import { AnswerReader, isPaid } from "./answer.js";
import { toApiCallError, usageOfFailed } from "./errors.js";
import { PROVIDER } from "./metadata.js";

/**
 * A marker in the list of parts, at the place where the run may have started to cost money. If the
 * run fails after this marker, the AI SDK must not repeat the call.
 */
const PAID = Symbol("paid");

/** Makes the start, delta and end parts of text and reasoning. Only one block is open at a time. */
class Blocks {
  /** @type {{ kind: "text" | "reasoning", id: string } | undefined} */
  #open;
  #count = 0;

  /** @param {object} [metadata] of the open block */
  *close(metadata = {}) {
    if (this.#open) yield { type: `${this.#open.kind}-end`, id: this.#open.id, ...metadata };
    this.#open = undefined;
  }

  /** @param {"text" | "reasoning"} kind @param {string} name @param {string} delta */
  *add(kind, name, delta) {
    if (!this.#open?.id.startsWith(`${name}-`)) {
      yield* this.close();
      this.#open = { kind, id: `${name}-${this.#count++}` };
      yield { type: `${kind}-start`, id: this.#open.id };
    }
    yield { type: `${kind}-delta`, id: this.#open.id, delta };
  }
}

/** Makes the stream parts of one run. */
class Parts {
  #options;
  #blocks = new Blocks();
  #reader = new AnswerReader();
  #progress = new Progress();
  #attempt = 0;
  #hasText = false;
  /** Whether the next reasoning repeats text that was already sent as a part of the answer. */
  #repeats = false;

  /** @param {{ modelId: string, panelProgress: boolean, includeRaw: boolean }} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {import("../output.js").FusionEvent} event */
  *of(event) {
    const { modelId, panelProgress, includeRaw } = this.#options;
    this.#reader.read(event);
    if (includeRaw) yield { type: "raw", rawValue: event };
    if (event.type === "run.started")
      yield { type: "response-metadata", id: event.run_id, modelId, timestamp: new Date() };
    const line = panelProgress && this.#progress.line(event);
    if (line) yield* this.#blocks.add("reasoning", "panel", `${line}\n`);
    yield* this.#answer(event);
    if (isPaid(event)) yield PAID;
  }

  /** @param {import("../output.js").FusionEvent} event */
  *#answer(event) {
    switch (event.type) {
      case "answer.started":
        this.#restart(event.attempt);
        break;
      case "answer.reasoning":
        if (!this.#repeats) yield* this.#blocks.add("reasoning", "writer", event.delta);
        this.#repeats = false;
        break;
      case "answer.delta":
        this.#hasText = true;
        yield* this.#blocks.add("text", "answer", event.delta);
        break;
    }
  }

  /**
   * Throws if a new attempt begins after text was sent, because a stream cannot withdraw text.
   *
   * If the sent text turns out to be thinking, the core starts the same attempt once more. In this
   * case, the function does not throw, and the text stays in the stream.
   * @param {number} attempt
   */
  #restart(attempt) {
    this.#repeats = this.#hasText && attempt === this.#attempt;
    if (this.#hasText && attempt !== this.#attempt) {
      const message = "the writer failed after a part of its answer was sent";
      throw new RestartError(message);
    }
    this.#attempt = attempt;
  }

  /** @param {import("../output.js").FusionResult} result */
  *end(result) {
    const { calls, sources, textMetadata, ...finish } = this.#reader.end(result);
    if (!this.#hasText && result.answer !== "")
      yield* this.#blocks.add("text", "answer", result.answer);
    yield* this.#blocks.close(textMetadata);
    yield* sources;
    for (const call of calls) {
      const { toolCallId: id, toolName, input } = call;
      yield { type: "tool-input-start", id, toolName };
      yield { type: "tool-input-delta", id, delta: input };
      yield { type: "tool-input-end", id };
      yield call;
    }
    yield { type: "finish", ...finish };
  }

  /** @param {unknown} error */
  *fail(error) {
    yield* this.#blocks.close();
    yield { type: "error", error: toApiCallError(error, true) };
    const providerMetadata = this.#reader.runId
      ? { providerMetadata: { [PROVIDER]: { run_id: this.#reader.runId } } }
      : {};
    const finishReason = { unified: "error", raw: undefined };
    yield { type: "finish", finishReason, usage: usageOfFailed(error), ...providerMetadata };
  }
}

/** The error for an answer that begins again after a part of it was sent. */
class RestartError extends Error {}

/**
 * Yields the parts of a run. Throws the run's error.
 * @param {import("../index.js").FusionRun} run
 * @param {Parts} parts
 */
async function* partsOf(run, parts) {
  try {
    for await (const event of run) yield* parts.of(event);
  } catch (error) {
    if (!(error instanceof RestartError)) throw error;
    throw new FusionError({ code: "provider_error", message: error.message }, run.snapshot());
  }
  yield* parts.end(await run.result());
}

/**
 * Returns the stream of a run. If the run fails before a provider has answered, the returned
 * promise rejects, so that the AI SDK can repeat the call. If the run fails later, the stream has
 * an `error` part.
 * @param {import("../index.js").FusionRun} run
 * @param {object} options
 * @param {string} options.modelId
 * @param {boolean} options.panelProgress
 * @param {boolean} options.includeRaw
 * @param {Record<string, string>[]} options.warnings
 * @param {(error: unknown) => void} options.onError called with the error of the run
 */
export async function toStream(run, { warnings, onError, ...options }) {
  const parts = new Parts(options);
  const events = partsOf(run, parts);
  /** @type {any[]} */
  const first = [{ type: "stream-start", warnings }];
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done || value === PAID) break;
      first.push(value);
    }
  } catch (error) {
    onError(error);
    throw toApiCallError(error, false);
  }
  return new ReadableStream({
    start(controller) {
      for (const part of first) controller.enqueue(part);
    },
    async pull(controller) {
      try {
        const { done, value } = await nextPart(events);
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        onError(error);
        for (const part of parts.fail(error)) controller.enqueue(part);
        controller.close();
      }
    },
    async cancel() {
      run.cancel();
      await events.return(undefined);
    },
  });
}

/** @param {AsyncGenerator<any>} events */
async function nextPart(events) {
  for (;;) {
    const next = await events.next();
    if (next.done || next.value !== PAID) return next;
  }
}
