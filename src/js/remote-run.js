// fromResponse(): reads a run that executes on a server, from the stream of `toReadableStream()`.
// This module does not use the core.

import { addAsyncDispose } from "./async-dispose.js";
import { FusionError, messageOf } from "./errors.js";
import { EventBuffer } from "./event-buffer.js";
import { bodyOf, PermanentError, parseEvent } from "./remote-events.js";
import { panelistIndex } from "./run-inputs.js";
import { RunObject } from "./run-object.js";
import { EventReader, EventTooLongError } from "./sse.js";
import { KEEP_ALIVE_MS, toReadableStream } from "./sse-writer.js";
import { initialState, reduce } from "./state/reduce.js";
import { toSnapshot } from "./state/snapshot.js";
import { startTimer } from "./timeout.js";

/**
 * @typedef {import("./output.js").ErrorData} ErrorData
 * @typedef {import("./output.js").FusionEvent} FusionEvent
 * @typedef {(lastEventId: string) => Response | PromiseLike<Response>} Reconnect
 */

/**
 * Delay before the first reconnect. For each further reconnect, the delay doubles, up to the
 * maximum. Each delay is then reduced by a random part of up to 50 %.
 */
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;
/**
 * Maximum delay that a field `retry:` of the stream can set. A timer of more than 24 days would
 * fire immediately.
 */
const MAX_RETRY_MS = 3_600_000;
/** Maximum number of consecutive attempts to connect that bring no event. */
const MAX_ATTEMPTS = 10;
/**
 * Maximum time without data. Without this limit, a connection whose other end is lost would never
 * end.
 */
const IDLE_MS = 9 * KEEP_ALIVE_MS;

/** @type {typeof import("./index.js").fromResponse} */
export const fromResponse = (response, { reconnect } = {}) =>
  /** @type {any} */ (new RemoteRun(response, reconnect));

/** @implements {Omit<import("./index.js").FusionRun, typeof Symbol.asyncDispose>} */
class RemoteRun extends RunObject {
  #response;
  #reconnect;
  /** @type {"waiting" | "running" | "ended"} */
  #phase = "waiting";
  /** The open connection. @type {EventReader | undefined} */
  #events;
  #attempts = 0;
  /** The last `retry:` of the stream. @type {number | undefined} */
  #retry_ms;
  /** @type {number | undefined} */
  #seq;
  #elapsed_ms = 0;
  #isAdvancing = false;
  /** Set while a reconnect, or the delay before it, is pending. @type {any} */
  #timer;
  #state = initialState();
  #buffer = new EventBuffer({
    start: () => this.#start(),
    pull: () => this.#advance(),
    stop: () => this.cancel(),
  });

  /**
   * @param {Response | PromiseLike<Response>} response
   * @param {Reconnect | undefined} reconnect
   */
  constructor(response, reconnect) {
    super();
    if (reconnect !== undefined && typeof reconnect !== "function") {
      throw new TypeError("`reconnect` must be a function that returns a Response");
    }
    this.#response = Promise.resolve(response);
    // Prevents an unhandled rejection before the run is read.
    this.#response.catch(() => {});
    this.#reconnect = reconnect;
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
    const result = this.#buffer.result();
    this.#advance();
    return result;
  }

  /** @param {unknown} [reason] */
  cancel(reason) {
    this.#fail({ code: "cancelled", message: "the run was cancelled" }, reason);
  }

  /**
   * Returns `false`: only the server can control its run.
   * @param {number} index
   */
  cancelPanelist(index) {
    panelistIndex("cancelPanelist", index);
    return false;
  }

  /** @param {number} index */
  retryPanelist(index) {
    panelistIndex("retryPanelist", index);
    return false;
  }

  proceed() {
    return false;
  }

  snapshot() {
    return toSnapshot(this.#state);
  }

  #start() {
    if (this.#phase === "waiting") this.#phase = "running";
  }

  /** Reads events as long as the caller waits for an event or for the result. */
  async #advance() {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#phase === "running" && (this.#buffer.isWaiting || this.#buffer.resultRequested)) {
      await this.#step();
    }
    this.#isAdvancing = false;
  }

  /** Reads one event. If there is no connection, first makes one attempt to connect. */
  async #step() {
    try {
      this.#events ??= await this.#connect();
      if (!this.#isRunning()) return this.#closeConnection();
      const next = await this.#events?.next();
      if (!this.#isRunning()) return;
      if (next) this.#onEvent(next);
      else this.#onDisconnect();
    } catch (reason) {
      if (this.#isRunning()) this.#tryToGoOn(reason);
    }
  }

  /**
   * Calls `#onError()`. If a getter of the error throws, `#onError()` throws too, and the run
   * fails.
   * @param {any} reason
   */
  #tryToGoOn(reason) {
    try {
      this.#onError(reason);
    } catch (cause) {
      this.#fail({ code: "unexpected_error", message: messageOf(reason) }, cause);
    }
  }

  /**
   * Returns whether the run continues. Check this after every `await`, because the caller may have
   * cancelled the run.
   */
  #isRunning() {
    return this.#phase === "running";
  }

  /** @param {any} reason */
  #onError(reason) {
    if (reason instanceof PermanentError) {
      this.#fail(reason.error, reason.cause);
    } else if (reason instanceof EventTooLongError) {
      // An event is too long. Do not reconnect, because the server would send this event again.
      this.#fail({ code: "network_error", message: reason.message }, reason);
    } else if (reason?.name === "AbortError") {
      // The page aborted its own request, so reading rejects with the abort reason.
      const error = { code: "cancelled", message: "the connection was aborted" };
      this.#fail(error, undefined, { thrown: reason });
    } else {
      this.#onDisconnect(reason);
    }
  }

  /** Returns a connection, or `undefined` if the run ends during the delay before a reconnect. */
  async #connect() {
    if (this.#attempts === 0) {
      this.#attempts = 1;
      return this.#open(await this.#response);
    }
    const delay_ms =
      this.#retry_ms === undefined
        ? backoff_ms(this.#attempts - 1)
        : Math.min(MAX_RETRY_MS, this.#retry_ms);
    this.#timer = startTimer(delay_ms);
    await this.#timer.expired;
    if (!this.#isRunning()) return undefined;
    this.#attempts += 1;
    return this.#open(await this.#reconnectOnce());
  }

  /**
   * Calls `reconnect` with a time limit. Without a limit, `fetch` would wait for minutes if the
   * network is down.
   */
  async #reconnectOnce() {
    const response = Promise.resolve(this.#reconnect?.(String(this.#seq ?? 0)));
    const timer = startTimer(IDLE_MS);
    this.#timer = timer;
    try {
      const settled = response.then((value) => ({ response: value }));
      const first = await Promise.race([settled, timer.expired]);
      if (first) return first.response;
      response.then((late) => late?.body?.cancel()).catch(() => {});
      throw new Error(`\`reconnect\` returned no Response within ${IDLE_MS / 1000} s`);
    } finally {
      timer.clear();
    }
  }

  /**
   * Opens a connection. The maximum time without data applies only if the run can reconnect.
   * @param {any} response
   */
  async #open(response) {
    const body = await bodyOf(response);
    return new EventReader(body, this.#reconnect && { idle_ms: IDLE_MS });
  }

  /**
   * Closes the connection. If no further attempt is possible, fails the run.
   * @param {any} [cause]
   */
  #onDisconnect(cause) {
    this.#closeConnection();
    if (this.#reconnect && this.#attempts <= MAX_ATTEMPTS) return;
    if (cause?.error) return this.#fail(cause.error);
    const message =
      cause === undefined
        ? "the stream ended before the run did"
        : `the connection broke: ${messageOf(cause)}`;
    this.#fail({ code: "network_error", message }, cause);
  }

  #closeConnection() {
    this.#retry_ms = this.#events?.retry_ms ?? this.#retry_ms;
    this.#events?.cancel();
    this.#events = undefined;
  }

  /** @param {{ event?: string | undefined, data: string }} received */
  #onEvent({ event: name, data }) {
    // Ignore events with another name, which a server may send in the same stream.
    if (name !== undefined && name !== "message") return;
    const event = parseEvent(data);
    if (this.#seq !== undefined && event.seq <= this.#seq) return;
    if (this.#seq !== undefined && event.seq !== this.#seq + 1) {
      const message = `events were lost: after ${this.#seq} came ${event.seq}`;
      throw new PermanentError({ code: "network_error", message });
    }
    this.#seq = event.seq;
    this.#elapsed_ms = event.elapsed_ms;
    this.#attempts = 1;
    if (event.type === "run.completed") {
      this.#end(event, () => this.#buffer.complete(event.result));
    } else if (event.type === "run.failed") {
      const error = this.#toFusionError(event.error);
      this.#end(event, () => this.#buffer.fail(error));
    } else {
      this.#emit(event);
    }
  }

  /** @param {FusionEvent} event */
  #emit(event) {
    this.#state = reduce(this.#state, event);
    this.#buffer.add([event]);
  }

  /**
   * @param {FusionEvent} event
   * @param {() => void} settle
   */
  #end(event, settle) {
    this.#phase = "ended";
    try {
      this.#timer?.clear();
      this.#closeConnection();
      this.#emit(event);
    } finally {
      settle();
    }
  }

  /**
   * @param {ErrorData} error
   * @param {unknown} [cause]
   */
  #toFusionError(error, cause) {
    return new FusionError(error, { ...this.snapshot(), status: "failed" }, cause);
  }

  /**
   * Fails the run. Called if the server's last event, `run.completed` or `run.failed`, does not
   * arrive.
   * @param {ErrorData} error
   * @param {unknown} [cause]
   * @param {{ thrown: unknown }} [failure] thrown instead of a FusionError
   */
  #fail(error, cause, failure) {
    if (this.#phase === "ended") return;
    if (this.#phase === "waiting") {
      // Cancel the body, because no reader is left, and an unread body would keep its
      // connection open.
      this.#response.then((response) => response?.body?.cancel()).catch(() => {});
    }
    const { thrown } = failure ?? { thrown: this.#toFusionError(error, cause) };
    const seq = (this.#seq ?? 0) + 1;
    const event = /** @type {const} */ ({ type: "run.failed" });
    this.#end({ seq, elapsed_ms: this.#elapsed_ms, ...event, error }, () =>
      this.#buffer.fail(thrown),
    );
  }
}

addAsyncDispose(RemoteRun);

/** @param {number} attempt */
const backoff_ms = (attempt) =>
  Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
