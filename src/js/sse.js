// Reads server-sent events from a body that may be split anywhere.
// <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>

import { createTurnLimit } from "./event-loop.js";
import { createParser } from "./sse-parser.js";
import { startTimer } from "./timeout.js";

/**
 * The longest event, in characters. A run's longest event is its result, with
 * up to ten texts of 8 MB. Without a limit, an event without an end would fill
 * the memory.
 */
const MAX_EVENT_CHARS = 2 ** 28;

export class EventTooLongError extends Error {}

/**
 * Reads one event at a time. `retry_ms` is the value of the last field `retry`, if there is one.
 */
export class EventReader {
  #reader;
  /** Removes a byte order mark at the start. */
  #decoder = new TextDecoder();
  #parser;
  /** @type {import("eventsource-parser").EventSourceMessage[]} */
  #events = [];
  /**
   * Index of the next event. An index is used because removing the first event would move all
   * others.
   */
  #next = 0;
  #endsWithCr = false;
  #turnEnd = createTurnLimit();
  /** @type {EventTooLongError | undefined} */
  #error;
  #idle_ms;
  /** @type {number | undefined} */
  retry_ms;

  /**
   * @param {ReadableStream<Uint8Array>} body
   * @param {{ idle_ms?: number, max_chars?: number }} [options] `idle_ms`: longest wait for a
   *   byte. Comments count as bytes.
   */
  constructor(body, { idle_ms, max_chars = MAX_EVENT_CHARS } = {}) {
    this.#reader = body.getReader();
    this.#idle_ms = idle_ms;
    this.#parser = createParser({
      maxBufferSize: max_chars,
      onEvent: (event) => this.#events.push(event),
      onRetry: (ms) => (this.retry_ms = ms),
      onError: ({ type }) => {
        if (type !== "max-buffer-size-exceeded") return;
        const limit = max_chars.toLocaleString("en");
        this.#error = new EventTooLongError(`an event is longer than ${limit} characters`);
      },
    });
  }

  /**
   * Returns `{ event?, data }`, or `undefined` at the end of the stream. Does not return an
   * incomplete event, which has no blank line after it.
   */
  async next() {
    while (this.#next === this.#events.length) {
      if (this.#error) throw this.#error;
      const { done, value } = await this.#read();
      if (done) return undefined;
      const wait = this.#turnEnd(value.length);
      if (wait) await wait;
      this.#events = [];
      this.#next = 0;
      const text = this.#decoder.decode(value, { stream: true });
      this.#parser.feed(this.#withLineFeeds(text));
    }
    return this.#events[this.#next++];
  }

  cancel() {
    this.#reader.cancel().catch(() => {});
  }

  async #read() {
    if (this.#idle_ms === undefined) return this.#reader.read();
    const timer = startTimer(this.#idle_ms);
    try {
      const read = await Promise.race([this.#reader.read(), timer.expired]);
      if (!read) throw new Error(`no data arrived for ${this.#idle_ms / 1000} s`);
      return read;
    } finally {
      timer.clear();
    }
  }

  /**
   * Replaces CR and CR LF by LF. If a chunk contains a CR, the parser takes quadratic time. After a
   * CR, the parser also waits for the next byte before it ends an event.
   * @param {string} text
   */
  #withLineFeeds(text) {
    if (text === "") return text;
    const isRestOfCrLf = this.#endsWithCr && text.startsWith("\n");
    this.#endsWithCr = text.endsWith("\r");
    return (isRestOfCrLf ? text.slice(1) : text).replace(/\r\n?/g, "\n");
  }
}
