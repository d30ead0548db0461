// FusionRun: one run, from the caller's side. The core buffers events, and this file hands them
// out one by one.

import { addAsyncDispose } from "./async-dispose.js";
import { randomHex } from "./bytes.js";
import { callTool } from "./call-tool.js";
import { cloneJson, toJson } from "./clone-json.js";
import { FusionError, messageOf, trapMessage } from "./errors.js";
import { EventBuffer } from "./event-buffer.js";
import { inputError, keyOf, providerFetch, splitOptions } from "./options.js";
import { register, unregister } from "./registry.js";
import { initialSnapshot, parseSnapshot, withParsedJson, withParsedMessage } from "./snapshot.js";
import { toReadableStream } from "./sse-writer.js";
import { abortAll, send } from "./transport.js";

/**
 * @typedef {import("./output.js").ErrorData} ErrorData
 * @typedef {import("./output.js").FusionEvent} FusionEvent
 * @typedef {import("./output.js").FusionSnapshot} FusionSnapshot
 * @typedef {import("./core.js").Run} Handle
 */

/**
 * Why a run was cancelled. If the caller's signal was aborted, reading fails with its reason.
 * @typedef {{ error: ErrorData, cause?: unknown, signalReason?: { reason: unknown } }} Cancellation
 */

/** Interval between polls for data. It is too short to be seen, and batches many deltas. */
const POLL_INTERVAL_MS = 4;

/** @implements {Omit<import("./index.js").FusionRun, typeof Symbol.asyncDispose>} */
export class FusionRun {
  #core;
  #request;
  /** @type {import("./options.js").SplitOptions | undefined} */
  #options;
  /** @type {"waiting" | "running" | "ended"} */
  #phase = "waiting";
  #id = 0;
  /** The core's half, while the run is in the core. @type {Handle | undefined} */
  #handle;
  /** Whether a poll is queued. */
  #scheduled = false;
  #lastPoll_ms = -Infinity;
  /** Set while data waits for the next poll. @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** One for each call, to abort the calls if the core cannot. @type {AbortController[]} */
  #controllers = [];
  #seq = 0;
  /** @type {Cancellation | undefined} */
  #cancellation;
  /** The final snapshot, as JSON or as JSON in UTF-8. @type {string | Uint8Array | undefined} */
  #lastSnapshot;
  /** The snapshot after the last panelist or stage. @type {Uint8Array | undefined} */
  #checkpoint;
  #checkpointCount = 0;
  #buffer = new EventBuffer({
    start: () => this.#start(),
    pull: () => this.#drain(),
    stop: () => this.cancel(),
  });

  /**
   * @param {import("./api.js").Core} core
   * @param {unknown} request
   * @param {unknown} options
   */
  constructor(core, request, options) {
    this.#core = core;
    try {
      this.#request = cloneJson(request, "");
      this.#options = splitOptions(options);
    } catch (reason) {
      this.#request ??= null;
      this.#cancellation = { error: inputError(reason) };
    }
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
    const checked = panelistIndex(index);
    return this.#control((handle) => handle.cancelPanelist(checked));
  }

  /** @param {number} index */
  retryPanelist(index) {
    const checked = panelistIndex(index);
    return this.#control((handle) => handle.retryPanelist(checked));
  }

  proceed() {
    return this.#control((handle) => handle.proceed());
  }

  /** @returns {FusionSnapshot} */
  snapshot() {
    const handle = this.#handle;
    if (handle) return this.#guard(() => withParsedJson(handle.snapshot())) ?? this.snapshot();
    if (this.#lastSnapshot) return parseSnapshot(this.#lastSnapshot);
    return this.#initialSnapshot();
  }

  /**
   * Polls the run soon. Called by the core in the context of the event that woke the run, which
   * is this run's own I/O.
   */
  wake() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#poll);
  }

  /**
   * Fails the run after a trap. The core's memory of the run is lost, except for the checkpoint.
   * @type {import("./registry.js").ActiveRun["failAfterTrap"]}
   */
  failAfterTrap(message, cause) {
    this.#handle = undefined;
    if (this.#checkpoint) {
      this.#lastSnapshot = JSON.stringify({ ...parseSnapshot(this.#checkpoint), status: "failed" });
    }
    abortAll(this.#controllers);
    const error = { code: "unexpected_error", message: trapMessage(message, cause) };
    this.#failLocally(error, cause);
  }

  /**
   * Batches data from all calls into one poll per 4 ms. Polls at once for the first chunk, at the
   * end, and if a buffer is full. Compares clocks, because timers of a background page fire once
   * a second or less.
   * @param {boolean} pollNow
   */
  #onData = (pollNow) => {
    if (this.#scheduled || (this.#timer && !pollNow)) return;
    const wait_ms = pollNow ? 0 : this.#lastPoll_ms + POLL_INTERVAL_MS - performance.now();
    if (wait_ms > 0) this.#timer = setTimeout(this.#flush, wait_ms);
    else this.#flush();
  };

  #flush = () => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastPoll_ms = performance.now();
    this.wake();
  };

  #start() {
    if (this.#phase !== "waiting") return;
    this.#phase = "running";
    if (this.#cancellation) {
      return this.#failLocally(this.#cancellation.error, this.#cancellation.cause);
    }
    const signal = this.#options?.signal;
    if (signal?.aborted) return this.#onAbort();
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    /** @param {string} what @returns {(cause: any) => void} */
    const fail = (what) => (cause) => {
      const message = `${what}: ${messageOf(cause)}`;
      this.#failLocally({ code: "unexpected_error", message }, cause);
    };
    this.#core
      .load()
      .then(this.#begin, fail("the WebAssembly core could not be loaded"))
      .catch(fail("the run could not begin"));
  }

  /** @param {typeof import("./core.js")} glue */
  #begin = (glue) => {
    if (this.#phase !== "running") return;
    const { run_id, seed, nonce } = randomInputs();
    this.#id = register(this);
    const [request, options] = [toJson(this.#request), toJson(this.#options?.data)];
    const functions = /** @type {const} */ ([this.#send, this.#callTool, this.#keyOf]);
    this.#handle = this.#guard(
      () => new glue.Run(this.#id, request, options, ...functions, run_id, seed, nonce),
    );
    if (this.#handle) this.wake();
  };

  /** @type {(url: string, init: any, controller: AbortController, provider?: string) => any} */
  #send = (url, init, controller, provider) => {
    this.#controllers.push(controller);
    const own = this.#options && providerFetch(this.#options, provider);
    return send(own ?? this.#core.fetch, url, init, this.#onData);
  };

  /** @type {(name: string, args: string, controller: AbortController, index?: number) => any} */
  #callTool = (name, args, controller, index) => {
    this.#controllers.push(controller);
    const handler = /** @type {any} */ (this.#options?.toolHandlers[name]);
    return callTool(handler, args, controller.signal, index);
  };

  /** @type {(field: string) => Promise<unknown>} */
  #keyOf = async (field) => (this.#cancellation ? undefined : keyOf(this.#options, field));

  #poll = () => {
    this.#scheduled = false;
    const handle = this.#handle;
    if (!handle) return;
    const isOver = this.#guard(() => handle.poll());
    if (!this.#handle) return;
    // The last events are taken before the caller learns of the end, and may read on at once.
    const lastEvents = isOver && this.#guard(() => handle.take());
    this.#takeCheckpoint();
    if (lastEvents) this.#end(lastEvents);
    else if (this.#buffer.isWaiting) this.#drain();
  };

  /**
   * Takes a checkpoint after each panelist and stage, for `onSnapshot` and for
   * {@link failAfterTrap}.
   */
  #takeCheckpoint() {
    const handle = this.#handle;
    const count = this.#guard(() => handle?.checkpointCount());
    if (!handle || !count || count === this.#checkpointCount) return;
    this.#checkpointCount = count;
    this.#checkpoint = this.#guard(() => handle.checkpoint());
    const onSnapshot = this.#options?.onSnapshot;
    if (!onSnapshot || !this.#checkpoint) return;
    /** @param {any} reason */
    const warn = (reason) => {
      const message = `\`onSnapshot\` failed: ${messageOf(reason)}`;
      this.#guard(() => this.#handle?.warn(message));
    };
    try {
      Promise.resolve(onSnapshot(parseSnapshot(this.#checkpoint))).catch((reason) => {
        warn(reason);
        if (this.#buffer.isWaiting) this.#drain();
      });
    } catch (reason) {
      warn(reason);
    }
  }

  /**
   * Returns `false` before the run begins and after its end.
   * @param {(handle: Handle) => boolean} act
   */
  #control(act) {
    const handle = this.#handle;
    return (this.#phase === "running" && handle && this.#guard(() => act(handle))) || false;
  }

  /** Moves events from the core into the buffer. */
  #drain() {
    const json = this.#guard(() => this.#handle?.take());
    if (!json) return;
    const events = JSON.parse(json);
    this.#seq = events.at(-1).seq;
    this.#buffer.add(events);
  }

  /** @param {string} json the last events */
  #end(json) {
    const handle = this.#handle;
    if (!handle) return;
    const result = this.#guard(() => handle.result());
    // The end makes a checkpoint, too. A request that is refused makes none.
    this.#lastSnapshot = this.#checkpoint ?? this.#failedSnapshot();
    this.#handle = undefined;
    this.#guard(() => handle.free());
    const events = JSON.parse(json);
    const last = events.at(-1);
    if (last.type === "run.completed") {
      last.result = result && withParsedMessage(result);
      this.#addLast(events);
      this.#buffer.complete(last.result);
    } else {
      const { error = last.error, cause } = this.#cancellation ?? {};
      const thrown = this.#toThrown(error, cause);
      this.#addLast(events);
      this.#buffer.fail(thrown);
    }
  }

  /**
   * Fails a run that the core does not know.
   * @param {ErrorData} error
   * @param {unknown} [cause]
   */
  #failLocally(error, cause) {
    if (this.#phase === "ended") return;
    this.#phase = "running";
    this.#lastSnapshot ??= this.#failedSnapshot();
    const thrown = this.#toThrown(error, cause);
    this.#addLast([{ seq: this.#seq + 1, elapsed_ms: 0, type: "run.failed", error }]);
    this.#buffer.fail(thrown);
  }

  /** @param {FusionEvent[]} events */
  #addLast(events) {
    this.#phase = "ended";
    unregister(this.#id);
    clearTimeout(this.#timer);
    this.#options?.signal?.removeEventListener?.("abort", this.#onAbort);
    this.#controllers = [];
    this.#buffer.add(events);
  }

  /**
   * Returns the value with which reading fails: the reason of the caller's signal, if it was
   * aborted, or a FusionError.
   * @param {ErrorData} error
   * @param {unknown} cause
   */
  #toThrown(error, cause) {
    const { signalReason } = this.#cancellation ?? {};
    if (signalReason) return signalReason.reason;
    return new FusionError(error, parseSnapshot(this.#lastSnapshot), cause);
  }

  #onAbort = () => {
    const reason = this.#options?.signal?.reason;
    const error = { code: "cancelled", message: "the run was cancelled by its signal" };
    this.#cancel({ error, signalReason: { reason } });
  };

  /** @param {Cancellation} cancellation */
  #cancel(cancellation) {
    if (this.#phase === "ended" || this.#cancellation) return;
    this.#cancellation = cancellation;
    const handle = this.#handle;
    if (handle) {
      this.#guard(() => handle.cancel());
      // If this is called inside a poll, that poll ends the run. The queued poll comes after it.
      this.wake();
      this.#poll();
    } else {
      this.#failLocally(cancellation.error, cancellation.cause);
    }
  }

  /**
   * Calls into the core. A trap fails every run of the instance.
   * @template T
   * @param {() => T} call
   */
  #guard(call) {
    try {
      return call();
    } catch (cause) {
      this.#core.handleTrap(cause);
      return undefined;
    }
  }

  #failedSnapshot() {
    return JSON.stringify({ ...this.#initialSnapshot(), status: "failed" });
  }

  /** Returns what is known without the core. */
  #initialSnapshot() {
    return initialSnapshot(this.#request, this.#phase === "ended" ? "failed" : this.#phase);
  }
}

addAsyncDispose(FusionRun);

/**
 * Returns an index that fits into the core's 32 bits. A panel has at most 8 members.
 * @param {unknown} index
 */
function panelistIndex(index) {
  if (typeof index !== "number" || !Number.isInteger(index) || index < 0) {
    throw new TypeError(`a panelist's index is an integer from 0, got ${String(index)}`);
  }
  return Math.min(index, 0xffff);
}

/** Returns the random values of a run. */
function randomInputs() {
  const hex = randomHex(24);
  return {
    run_id: `run_${hex.slice(0, 20)}`,
    seed: parseInt(hex.slice(20, 33), 16),
    nonce: hex.slice(33),
  };
}
