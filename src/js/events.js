// Server-sent events, read at any split. <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>

import { silence } from "./patient.js";

/** `next()` gives `{ event?, data }`, or nothing at the end of the stream; `retry_ms` is what the server last asked for, if anything. */
export class EventReader {
  #reader;
  // It takes a byte order mark at the beginning away.
  #decoder = new TextDecoder();
  #rest = "";
  /** The last chunk ended in CR: an LF that follows belongs to it. */
  #wasCr = false;
  /** The next one last: taking the first of a hundred thousand would move all the others. */
  #ready = [];
  #data;
  #event;
  #silence_ms;
  retry_ms;

  /** @param silence_ms after so long without a byte `next()` throws; comments count as life */
  constructor(body, silence_ms) {
    this.#reader = body.getReader();
    this.#silence_ms = silence_ms;
  }

  async next() {
    while (this.#ready.length === 0) {
      const { done, value } = await this.#read();
      // What no blank line has ended is no event.
      if (done) return undefined;
      this.#take(this.#decoder.decode(value, { stream: true }));
      this.#ready.reverse();
    }
    return this.#ready.pop();
  }

  async #read() {
    if (this.#silence_ms === undefined) return this.#reader.read();
    const quiet = silence(this.#silence_ms);
    try {
      const read = await Promise.race([this.#reader.read(), quiet.over]);
      if (!read) throw new Error(`nothing came for ${this.#silence_ms / 1000} s`);
      return read;
    } finally {
      quiet.end();
    }
  }

  cancel() {
    this.#reader.cancel().catch(() => {});
  }

  #take(text) {
    if (text === "") return;
    if (this.#wasCr && text.startsWith("\n")) text = text.slice(1);
    this.#wasCr = text.endsWith("\r");
    // What is left over is not searched again: an event may be megabytes in small pieces.
    const lines = text.split(/\r\n|\r|\n/);
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop();
    for (const line of lines) this.#line(line);
  }

  #line(line) {
    if (line === "") {
      if (this.#data !== undefined) this.#ready.push({ event: this.#event, data: this.#data });
      this.#data = this.#event = undefined;
      return;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    else if (name === "event") this.#event = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.retry_ms = Number(value);
  }
}
