// FusionRun: one run in the public API. Moves the events of the core into an EventBuffer.

import { stopListening } from "./abort-listener.js";
import { addAsyncDispose } from "./async-dispose.js";
import { toJson } from "./clone-json.js";
import { decodeEvents } from "./decode-events.js";
import { coreFailureMessage, FusionError, isTrap, messageOf, NOT_LOADED } from "./errors.js";
import { EventBuffer } from "./event-buffer.js";
import { cloneRequest, inputError, splitOptions } from "./options.js";
import { PollSchedule } from "./poll-schedule.js";
import { register, unregister } from "./registry.js";
import { RunCalls } from "./run-calls.js";
import { panelistIndex, randomInputs } from "./run-inputs.js";
import { RunObject } from "./run-object.js";
import { RunSnapshots } from "./run-snapshots.js";
import { parseSnapshot, withParsedMessage } from "./snapshot.js";
import { toReadableStream } from "./sse-writer.js";

/**
 * @typedef {import("./output.js").ErrorData} ErrorData
 * @typedef {import("./output.js").FusionEvent} FusionEvent
 * @typedef {import("./output.js").FusionSnapshot} FusionSnapshot
 * @typedef {import("./core.js").Run} Handle
 */

/**
 * Why a run was cancelled. If the caller's signal was aborted, `signalReason` is present. The
 * iterator and `result()` then reject with the signal's reason.
 * @typedef {{ error: ErrorData, cause?: unknown, signalReason?: { reason: unknown } }} Cancellation
 */

/** @implements {Omit<import("./index.js").FusionRun, typeof Symbol.asyncDispose>} */
export class FusionRun extends RunObject {
  #core;
  #request;
  /** @type {import("./options.js").SplitOptions | undefined} */
  #options;
  /** @type {"waiting" | "running" | "ended"} */
  #phase = "waiting";
  #id = 0;
  /** The run's handle in the core, while the core has the run. @type {Handle | undefined} */
  #handle;
  #schedule;
  /** Whether the core has ended the run, but the run has not delivered its last events. */
  #isEnding = false;
  /** The functions that the core calls, while it has the run. @type {RunCalls | undefined} */
  #calls;
  #seq = 0;
  /** Why the input was refused before the core received it. @type {ErrorData | undefined} */
  #inputError;
  /** @type {Cancellation | undefined} */
  #cancellation;
  #snapshots;
  #checkpointCount = 0;
  #buffer = new EventBuffer({
    start: () => this.#start(),
    pull: () => this.#guard(() => this.#drain()),
    stop: () => this.cancel(),
  });

  /**
   * @param {import("./api.js").Core} core
   * @param {unknown} request
   * @param {unknown} options
   */
  constructor(core, request, options) {
    super();
    this.#core = core;
    try {
      this.#request = cloneRequest(request);
      this.#options = splitOptions(options);
    } catch (reason) {
      this.#request ??= null;
      this.#inputError = inputError(reason);
    }
    this.#snapshots = new RunSnapshots(this.#request);
    this.#schedule = new PollSchedule(this.#poll, this.#options?.flushMs);
  }

  [Symbol.asyncIterator]() {
    return this.#buffer.iterator();
  }

  toReadableStream() {
    const iterator = this.#buffer.iterator();
    this.#start();
    return toReadableStream(iterator);
  }

  result() {
    return this.#buffer.result();
  }

  /** @param {unknown} [reason] */
  cancel(reason) {
    const error = { code: "cancelled", message: "the run was cancelled" };
    this.#cancel({ error, cause: reason });
  }

  /** @param {number} index */
  cancelPanelist(index) {
    const checked = panelistIndex("cancelPanelist", index);
    return this.#control((handle) => handle.cancelPanelist(checked));
  }

  /** @param {number} index */
  retryPanelist(index) {
    const checked = panelistIndex("retryPanelist", index);
    return this.#control((handle) => handle.retryPanelist(checked));
  }

  proceed() {
    return this.#control((handle) => handle.proceed());
  }

  /** @returns {FusionSnapshot} */
  snapshot() {
    const handle = this.#handle;
    if (handle) {
      const snapshot = this.#callCore(() => handle.snapshot());
      // If the core's `snapshot()` has thrown, the run has ended and has no handle. This method
      // then returns the stored snapshot.
      return snapshot ? parseSnapshot(snapshot) : this.snapshot();
    }
    return this.#snapshots.read(this.#phase);
  }

  /**
   * Polls the run soon. The core calls this method within the JavaScript event that wakes the run,
   * such as a timer. On workerd, the I/O of the poll therefore belongs to the request of this run.
   */
  wake() {
    this.#schedule.soon();
  }

  /**
   * Fails the run after a failure of the core. The last checkpoint becomes the run's snapshot.
   * @type {import("./registry.js").ActiveRun["failWithoutCore"]}
   */
  failWithoutCore(message, cause) {
    if (this.#phase === "ended") return;
    this.#handle = undefined;
    this.#calls?.abort();
    const error = { code: "unexpected_error", message: coreFailureMessage(message, cause) };
    this.#failLocally(error, cause);
  }

  #start() {
    if (this.#phase !== "waiting") return;
    this.#phase = "running";
    if (this.#inputError) return this.#failLocally(this.#inputError);
    /** @param {string} what @returns {(cause: any) => void} */
    const fail = (what) => (cause) => {
      const message = `${what}: ${messageOf(cause)}`;
      this.#failLocally({ code: "unexpected_error", message }, cause);
    };
    const couldNotBegin = fail("the run could not begin");
    try {
      const signal = this.#options?.signal;
      if (signal?.aborted) return this.#onAbort();
      signal?.addEventListener("abort", this.#onAbort, { once: true });
    } catch (reason) {
      return couldNotBegin(reason);
    }
    this.#core.load().then(this.#begin, fail(NOT_LOADED)).catch(couldNotBegin);
  }

  /** @param {typeof import("./core.js")} glue */
  #begin = (glue) => {
    if (this.#phase !== "running") return;
    const { run_id, seed, nonce } = randomInputs();
    this.#id = register(this);
    const [request, options] = [toJson(this.#request), toJson(this.#options?.data)];
    const calls = new RunCalls(this.#core.fetch, this.#options, this.#schedule.onData);
    this.#calls = calls;
    const { send, callTool, keyOf, shouldEscalate } = calls;
    const functions = /** @type {const} */ ([send, callTool, keyOf, shouldEscalate]);
    this.#handle = this.#callCore(
      () => new glue.Run(this.#id, request, options, ...functions, run_id, seed, nonce),
    );
    if (this.#handle) this.wake();
  };

  #poll = () => {
    const handle = this.#handle;
    // Do not poll while the run ends. In this phase, the caller's `onSnapshot` may call `cancel()`.
    if (!handle || this.#isEnding) return;
    const isOver = this.#callCore(() => handle.poll());
    if (!this.#handle) return;
    this.#isEnding = isOver === true;
    // Take the last events first. The checkpoint below may call the caller's code, and this code
    // may read events too.
    const lastEvents = isOver && this.#callCore(() => handle.take());
    this.#guard(() => {
      this.#takeCheckpoint();
      if (isOver) this.#end(lastEvents);
      else if (this.#buffer.isWaiting) this.#drain();
    });
  };

  /**
   * Takes a checkpoint after each panelist and stage, for `onSnapshot` and for
   * {@link failWithoutCore}.
   */
  #takeCheckpoint() {
    const handle = this.#handle;
    const count = this.#callCore(() => handle?.checkpointCount());
    if (!handle || !count || count === this.#checkpointCount) return;
    this.#checkpointCount = count;
    const checkpoint = this.#callCore(() => handle.snapshot());
    if (!checkpoint) return;
    this.#snapshots.add(checkpoint);
    const onSnapshot = this.#options?.onSnapshot;
    if (!onSnapshot) return;
    /** @param {any} reason */
    const warn = (reason) => {
      const message = `\`onSnapshot\` failed: ${messageOf(reason)}`;
      this.#callCore(() => this.#handle?.warn(message));
    };
    try {
      Promise.resolve(onSnapshot(parseSnapshot(checkpoint))).catch((reason) => {
        warn(reason);
        if (this.#buffer.isWaiting) this.#guard(() => this.#drain());
      });
    } catch (reason) {
      warn(reason);
    }
  }

  /**
   * Controls the run in the core. Returns `false` before the run starts and after it has ended.
   * @param {(handle: Handle) => boolean} act
   */
  #control(act) {
    const handle = this.#handle;
    return (this.#phase === "running" && handle && this.#callCore(() => act(handle))) || false;
  }

  /** Moves events from the core into the buffer. */
  #drain() {
    const json = this.#callCore(() => this.#handle?.take());
    if (!json) return;
    const { events, last } = decodeEvents(json);
    this.#seq = last.seq;
    this.#buffer.add(events);
  }

  /**
   * Ends the run. If this function throws before `#close()`, the run fails.
   * @param {any} json the last events
   */
  #end(json) {
    const handle = this.#handle;
    const result = this.#callCore(() => handle?.result());
    // If the call above has failed, the run has already ended.
    if (!this.#handle) return;
    const { events, last } = decodeEvents(json);
    // `#takeCheckpoint()` has taken the final snapshot, unless the request was refused.
    this.#snapshots.end({ isComplete: true });
    if (last.type === "run.completed") {
      last.result = result && withParsedMessage(JSON.parse(result));
      this.#close(events);
      this.#buffer.complete(last.result);
    } else {
      const { error = last.error, cause } = this.#cancellation ?? {};
      const thrown = this.#toThrown(error, cause);
      this.#close(events);
      this.#buffer.fail(thrown);
    }
    this.#callCore(() => handle?.free());
  }

  /**
   * Fails a run that the core does not have. The core has not received the run, or has lost it.
   * @param {ErrorData} error
   * @param {unknown} [cause]
   */
  #failLocally(error, cause) {
    if (this.#phase === "ended") return;
    this.#snapshots.end({ isComplete: false });
    const thrown = this.#toThrown(error, cause);
    this.#close([{ seq: this.#seq + 1, elapsed_ms: 0, type: "run.failed", error }]);
    this.#buffer.fail(thrown);
  }

  /**
   * Closes the run. Must not throw, because the calling methods settle the result afterwards.
   * @param {FusionEvent[]} events the last events
   */
  #close(events) {
    this.#phase = "ended";
    this.#handle = undefined;
    unregister(this.#id);
    this.#schedule.stop();
    stopListening(this.#options?.signal, this.#onAbort);
    this.#calls = undefined;
    this.#buffer.add(events);
  }

  /**
   * Returns the value with which the iterator and `result()` reject. If the caller's signal was
   * aborted, this is the signal's reason. Otherwise it is a FusionError.
   * @param {ErrorData} error
   * @param {unknown} cause
   */
  #toThrown(error, cause) {
    const { signalReason } = this.#cancellation ?? {};
    if (signalReason) return signalReason.reason;
    return new FusionError(error, this.#snapshots.last(), cause);
  }

  #onAbort = () => {
    const reason = this.#options?.signal?.reason;
    const error = { code: "cancelled", message: "the run was cancelled by its signal" };
    this.#cancel({ error, signalReason: { reason } });
  };

  /** @param {Cancellation} cancellation */
  #cancel(cancellation) {
    if (this.#phase === "ended" || this.#inputError || this.#cancellation) return;
    this.#cancellation = cancellation;
    this.#calls?.cancel();
    const handle = this.#handle;
    if (handle) {
      this.#callCore(() => handle.cancel());
      // If a poll is already running, `#poll()` has no effect. The running poll then ends the run.
      // If it does not, the poll that `wake()` queues ends the run.
      this.wake();
      this.#poll();
    } else {
      this.#failLocally(cancellation.error, cancellation.cause);
    }
  }

  /**
   * Calls into the core. If the call throws, fails this run and returns `undefined`. A trap fails
   * every run of the wasm instance.
   * @template T
   * @param {() => T} call
   */
  #callCore(call) {
    try {
      return call();
    } catch (cause) {
      if (isTrap(cause)) this.#core.handleTrap(cause);
      else this.#abandon(cause);
      return undefined;
    }
  }

  /**
   * Calls `work`, the part of a poll that does not run in the core. If `work` throws, fails the
   * run, because the run would otherwise never end.
   * @param {() => void} work
   */
  #guard(work) {
    try {
      work();
    } catch (cause) {
      this.#abandon(cause);
    }
  }

  /**
   * Fails only this run. Frees its handle, unless a caller up the stack is using the handle.
   * @param {unknown} cause
   */
  #abandon(cause) {
    const handle = this.#handle;
    this.failWithoutCore(undefined, cause);
    this.#callCore(() => handle?.free());
  }
}

addAsyncDispose(FusionRun);
