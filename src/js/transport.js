// Sends the core's calls through a `fetch`. A caller's `fetch` may return or throw anything. The
// core receives only plain native values. It could not catch an exception that a property of a
// caller's object throws.

import { createTurnLimit } from "./event-loop.js";
import { networkError } from "./network-error.js";

/** @typedef {(url: string, init: any) => unknown} Fetch */

/** A body reader pauses when this many bytes wait for the core. */
const READ_AHEAD_BYTES = 65_536;
/** Initial size of a body reader's buffer. Chunks of usual streams are shorter. */
const BUFFER_BYTES = 4_096;

/**
 * After `release()`, a connection stays open for at most this number of milliseconds, and for at
 * most this number of reads.
 */
const RELEASE_MS = 100;
const RELEASE_READS = 16;

/**
 * Returns the names of the headers that say how much of each limit remains and when it is reset.
 * @param {string} prefix
 * @param {string[]} kinds
 */
const limits = (prefix, kinds) =>
  kinds.flatMap((kind) => ["remaining", "reset"].map((name) => prefix + kind.replace("*", name)));

/** The headers in which providers say when to retry. */
const WAIT_HEADERS = [
  "retry-after",
  "retry-after-ms",
  "x-ms-retry-after-ms",
  ...limits("ratelimit-", ["*"]),
  ...limits("x-ratelimit-", ["*", "*-requests", "*-tokens", "*-requests-day", "*-tokens-minute"]),
  ...limits("anthropic-ratelimit-", [
    "requests-*",
    "tokens-*",
    "input-tokens-*",
    "output-tokens-*",
  ]),
];

/**
 * Sends one call. Returns the parts of the response that the core needs.
 * @param {Fetch} fetch
 * @param {string} url
 * @param {any} init
 * @param {(pollNow: boolean) => void} onData see {@link BodyReader}
 */
export async function send(fetch, url, init, onData) {
  const response = /** @type {any} */ (await fetchResponse(fetch, url, init));
  const status = response?.status;
  const { body, headers } = response ?? {};
  const hasStatus = Number.isInteger(status) && status >= 100 && status <= 999;
  const hasBody = body === null || typeof body?.getReader === "function";
  if (!hasStatus || !hasBody || typeof headers?.get !== "function") {
    throw "fetch gave something that is no Response";
  }
  /** @param {string} name */
  const header = (name) => {
    const value = headers.get(name);
    return typeof value === "string" ? value : undefined;
  };
  // The core receives the headers as lines of text.
  const waitHeaders = () =>
    WAIT_HEADERS.flatMap((name) => {
      const value = header(name);
      return value === undefined ? [] : [`${name}:${value}`];
    });
  return {
    status,
    contentType: header("content-type"),
    waitHeaders: status >= 400 ? waitHeaders().join("\n") : undefined,
    body: body && new BodyReader(body.getReader(), onData, init.signal),
  };
}

/**
 * Calls `fetch`. If it fails and the cause is known, throws `{ message, isUnsent }`. `isUnsent`
 * says that the server did not receive the request.
 * @param {Fetch} fetch
 * @param {string} url
 * @param {any} init
 */
async function fetchResponse(fetch, url, init) {
  try {
    return await fetch(url, init);
  } catch (reason) {
    throw describeFailure(reason, url) ?? reason;
  }
}

/**
 * Returns the cause of a failure. A caller's `fetch` may throw an object whose properties throw.
 * @param {unknown} reason
 * @param {string} url
 */
function describeFailure(reason, url) {
  try {
    return networkError(reason, url);
  } catch {
    return undefined;
  }
}

/**
 * Aborts one call. Imported by the core.
 * @param {AbortController} controller
 */
export function abort(controller) {
  try {
    controller.abort();
  } catch {
    // On workerd, only the request that opened a connection may close it. Ignore the error: the
    // connection ends with that request.
  }
}

/**
 * Aborts all calls of a run after a failure of the core.
 * @param {AbortController[]} controllers
 */
export function abortAll(controllers) {
  for (const controller of controllers) abort(controller);
}

/**
 * Reads a body ahead of the core, so that the core receives many chunks at once.
 *
 * `onData(pollNow)` is called for each chunk and at the end. `pollNow` is true for the first chunk,
 * at the end, and if the buffer is full. If the buffer is full, reading waits for the core.
 */
class BodyReader {
  #reader;
  #onData;
  /** The first `#length` bytes wait for the core. */
  #buffer = new Uint8Array(BUFFER_BYTES);
  #length = 0;
  #isFirst = true;
  #ended = false;
  /** @type {{ reason: unknown } | undefined} */
  #failure;
  /** @type {((value?: unknown) => void) | undefined} */
  #resume;
  /** The controller of a call that the core has released. @type {AbortController | undefined} */
  #released;
  #readsAfterRelease = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {ReadableStreamDefaultReader<any>} reader
   * @param {(pollNow: boolean) => void} onData
   * @param {AbortSignal} signal
   */
  constructor(reader, onData, signal) {
    this.#reader = reader;
    this.#onData = onData;
    this.#readAhead();
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /**
   * Cancels the body after an abort, because a custom `fetch` may ignore the signal. After a timer
   * of 0 ms, the body of the runtime's own `fetch` is already closed. It is not cancelled again,
   * because workerd throws on a second cancel.
   */
  #onAbort = () => {
    setTimeout(() => this.#ended || this.#cancel());
  };

  async #cancel() {
    try {
      await this.#reader.cancel();
    } catch {
      // Ignore the error. The body is already closed, or cannot be closed.
    }
  }

  /**
   * Returns all bytes read so far, `undefined` if there are none yet, and an empty array at the
   * end. The core calls this function, and copies the bytes before another chunk is read.
   */
  read() {
    if (this.#length === 0 && !this.#ended) return undefined;
    const bytes = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    this.#resume?.();
    return bytes;
  }

  /** Throws the error that ended the body, if there is one. Called by the core. */
  checkEnd() {
    if (this.#failure) throw this.#failure.reason;
  }

  /**
   * Ends a call whose response is complete. Waits for up to `RELEASE_MS` until the server has ended
   * the body. If the connection were aborted, the next call could not use it again. Called by the
   * core.
   * @param {AbortController} controller
   */
  release(controller) {
    this.#released = controller;
    this.#resume?.();
    if (!this.#ended) this.#timer = setTimeout(() => controller.abort(), RELEASE_MS);
  }

  async #readAhead() {
    const turnEnd = createTurnLimit();
    try {
      for (;;) {
        const read = await this.#reader.read();
        if (read.done) break;
        const wait = turnEnd(read.value.byteLength || 0);
        if (wait) await wait;
        if (this.#released) {
          this.#readsAfterRelease += 1;
          if (this.#readsAfterRelease === RELEASE_READS) this.#released.abort();
          if (this.#readsAfterRelease <= RELEASE_READS) continue;
          this.#cancel();
          break;
        }
        // Skip empty chunks. If the core read an empty chunk, it would stop reading until more
        // bytes arrive.
        if (read.value.byteLength === 0 || !this.#add(read.value)) continue;
        await new Promise((resolve) => (this.#resume = resolve));
      }
    } catch (reason) {
      this.#failure = { reason };
    }
    this.#ended = true;
    clearTimeout(this.#timer);
    if (!this.#released) this.#onData(true);
  }

  /**
   * Adds a chunk and returns whether the buffer is full. Wraps the bytes in a native array, because
   * a proxy or a subclass could throw or report a wrong length.
   * @param {ArrayBufferView} view
   */
  #add({ buffer, byteOffset, byteLength }) {
    const chunk = new Uint8Array(buffer, byteOffset, byteLength);
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) this.#grow(length);
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
    const isFull = length >= READ_AHEAD_BYTES;
    this.#onData(isFull || this.#isFirst);
    this.#isFirst = false;
    return isFull;
  }

  /** @param {number} length the number of bytes for which the buffer needs space */
  #grow(length) {
    const buffer = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
    buffer.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = buffer;
  }
}
