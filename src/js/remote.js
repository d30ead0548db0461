// fromResponse(): a run that a server drives, read in a page. The other half of `toReadableStream()`; it needs no core.

import { FusionError } from "./error.js";
import { Reading } from "./reading.js";
import { EventReader, EventTooLongError } from "./sse.js";
import { KEEP_ALIVE_MS, toReadableStream } from "./stream.js";
import { startTimer } from "./timeout.js";
import { Witness } from "./witness.js";

/** Waits between attempts to connect again: doubled each time up to the longest, a random half of it taken off. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** What a stream's `retry:` may ask for. Beyond 24 days a timer would not wait at all. */
const LONGEST_ASKED_MS = 3_600_000;
/** In a row, without an event in between. */
const MAX_ATTEMPTS = 10;
/** A connection that is half open says nothing for ever. */
const SILENCE_MS = 3 * KEEP_ALIVE_MS;
const MESSAGE_CHARS = 500;

export const fromResponse = (response, { reconnect } = {}) => new RemoteRun(response, reconnect);

class RemoteRun {
  #response;
  #reconnect;
  /** `waiting`, `running`, `ended`. */
  #phase = "waiting";
  #events;
  #attempts = 0;
  #retry_ms;
  #seq;
  #elapsed_ms = 0;
  #busy = false;
  /** Runs during a reconnect and the wait before it. Clear it if the run ends. */
  #timer;
  #witness = new Witness();
  #reading = new Reading({ start: () => this.#start(), more: () => this.#advance(), stop: () => this.cancel() });

  constructor(response, reconnect) {
    if (reconnect !== undefined && typeof reconnect !== "function") throw new TypeError("`reconnect` must be a function that gives a Response");
    this.#response = Promise.resolve(response);
    // It is looked at when the run is read.
    this.#response.catch(() => {});
    this.#reconnect = reconnect;
  }

  [Symbol.asyncIterator]() {
    return this.#reading.iterator();
  }

  toReadableStream() {
    const iterator = this.#reading.iterator();
    this.#start();
    return toReadableStream(iterator);
  }

  result() {
    const result = this.#reading.result();
    this.#advance();
    return result;
  }

  cancel(reason) {
    this.#fail({ code: "cancelled", message: "the run was cancelled" }, reason);
  }

  /** Those who drive the run are elsewhere. */
  cancelPanelist() {
    return false;
  }

  retryPanelist() {
    return false;
  }

  proceed() {
    return false;
  }

  snapshot() {
    return this.#witness.snapshot();
  }

  #start() {
    if (this.#phase === "waiting") this.#phase = "running";
  }

  /** Reads on as long as somebody waits for an event, or for the result. */
  async #advance() {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#phase === "running" && (this.#reading.isWaiting || this.#reading.resultAsked)) await this.#step();
    this.#busy = false;
  }

  /** One event, or one attempt to get at the next. */
  async #step() {
    try {
      this.#events ??= await this.#connect();
      if (this.#phase !== "running") return this.#hangUp();
      const next = await this.#events.next();
      if (this.#phase !== "running") return;
      if (next) this.#see(next);
      else this.#lose();
    } catch (reason) {
      if (this.#phase !== "running") return;
      if (reason instanceof Final) this.#fail(reason.error, reason.cause);
      // The server would send the same event again.
      else if (reason instanceof EventTooLongError) this.#fail({ code: "network_error", message: reason.message }, reason);
      // The page's own doing: everything rejects with its reason.
      else if (reason?.name === "AbortError") this.#fail({ code: "cancelled", message: "the connection was aborted" }, undefined, { thrown: reason });
      else this.#lose(reason);
    }
  }

  async #connect() {
    if (this.#attempts === 0) {
      this.#attempts = 1;
      return this.#open(await this.#response);
    }
    this.#timer = startTimer(this.#retry_ms === undefined ? jittered(this.#attempts - 1) : Math.min(LONGEST_ASKED_MS, this.#retry_ms));
    await this.#timer.expired;
    if (this.#phase !== "running") return undefined;
    this.#attempts += 1;
    return this.#open(await this.#asked());
  }

  /** A `fetch` has no limit of its own, and over a network that has silently gone it waits for minutes. */
  async #asked() {
    const asked = Promise.resolve(this.#reconnect(String(this.#seq ?? 0)));
    const timer = (this.#timer = startTimer(SILENCE_MS));
    try {
      const given = await Promise.race([asked.then((response) => ({ response })), timer.expired]);
      if (given) return given.response;
      asked.then((late) => late?.body?.cancel()).catch(() => {});
      throw new Error(`\`reconnect\` gave nothing for ${SILENCE_MS / 1000} s`);
    } finally {
      timer.clear();
    }
  }

  /** Without a way back, waiting is all there is. */
  async #open(response) {
    return new EventReader(await opened(response), { idle_ms: this.#reconnect && SILENCE_MS });
  }

  /** The connection is gone, and the run is not over. */
  #lose(cause) {
    this.#hangUp();
    const said = cause === undefined ? "the stream ended before the run did" : `the connection broke: ${cause?.message ?? cause}`;
    if (!this.#reconnect || this.#attempts > MAX_ATTEMPTS) this.#fail(cause?.error ?? { code: "network_error", message: said }, cause?.error ? undefined : cause);
  }

  #hangUp() {
    this.#retry_ms = this.#events?.retry_ms ?? this.#retry_ms;
    this.#events?.cancel();
    this.#events = undefined;
  }

  #see({ event: name, data }) {
    // A server may have more to say in the same stream, under names of its own.
    if (name !== undefined && name !== "message") return;
    const event = parsed(data);
    if (this.#seq !== undefined && event.seq <= this.#seq) return;
    if (this.#seq !== undefined && event.seq !== this.#seq + 1) {
      throw new Final({ code: "network_error", message: `events were lost: after ${this.#seq} came ${event.seq}` });
    }
    this.#seq = event.seq;
    this.#elapsed_ms = event.elapsed_ms;
    this.#attempts = 1;
    if (event.type === "run.completed") this.#end(event, undefined, event.result);
    else if (event.type === "run.failed") this.#end(event, { thrown: this.#errorOf(event) });
    else this.#tell(event);
  }

  #tell(event) {
    this.#witness.see(event);
    this.#reading.add([event]);
  }

  #end(event, failure, result) {
    this.#phase = "ended";
    this.#timer?.clear();
    this.#hangUp();
    try {
      this.#tell(event);
    } finally {
      this.#reading.end(failure, result);
    }
  }

  #errorOf({ error }, cause) {
    return new FusionError(error, { ...this.snapshot(), status: "failed" }, cause);
  }

  /** Ends a run whose own end is not heard here. */
  #fail(error, cause, failure) {
    if (this.#phase === "ended") return;
    // Nobody has read it yet, and nobody will.
    if (this.#phase === "waiting") this.#response.then((response) => response?.body?.cancel()).catch(() => {});
    const event = { seq: (this.#seq ?? 0) + 1, elapsed_ms: this.#elapsed_ms, type: "run.failed", error };
    this.#end(event, failure ?? { thrown: this.#errorOf(event, cause) });
  }
}

if (Symbol.asyncDispose) {
  RemoteRun.prototype[Symbol.asyncDispose] = async function () {
    this.cancel();
  };
}

/** What no further attempt would change. */
class Final extends Error {
  constructor(error, cause) {
    super(error.message, { cause });
    this.error = error;
  }
}

/** What a further attempt may change. */
class Passing extends Error {
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

const CODES = { 401: "authentication", 402: "insufficient_credits", 403: "permission", 408: "timeout", 429: "rate_limited", 504: "timeout" };

async function opened(response) {
  if (typeof response?.status !== "number") throw new Final({ code: "network_error", message: "what was given is no Response" });
  const { status, body } = response;
  const type = response.headers?.get("content-type") ?? "";
  if (status === 200 && body && /^text\/event-stream\b/i.test(type)) return body;
  if (status < 400) {
    // Nobody reads it, and its connection would stay.
    body?.cancel().catch(() => {});
    throw new Final({ code: "network_error", message: `the server answered ${status} with ${type || "nothing"}, not with an event stream`, status_code: status });
  }
  const said = await response.text().catch(() => "");
  const code = CODES[status] ?? (status < 500 ? "invalid_request" : "provider_error");
  const error = { code, message: `HTTP ${status}: ${messageOf(said)}`, status_code: status };
  const passes = status >= 500 || status === 408 || status === 429;
  throw passes ? new Passing(error) : new Final(error);
}

/** As APIs put it, or as it stands; a page is no explanation. */
function messageOf(text) {
  let said = text;
  try {
    const { error } = JSON.parse(text);
    said = error?.message ?? error ?? text;
  } catch {
    // Then it is text.
  }
  said = String(typeof said === "string" ? said : JSON.stringify(said)).trim();
  return said && !said.startsWith("<") ? said.slice(0, MESSAGE_CHARS) : "no explanation was given";
}

function parsed(data) {
  let event;
  try {
    event = JSON.parse(data);
  } catch (cause) {
    throw new Final({ code: "network_error", message: "the stream holds something that is no event of a run" }, cause);
  }
  if (!isEvent(event)) {
    throw new Final({ code: "network_error", message: "the stream holds something that is no event of a run" });
  }
  return event;
}

function isEvent(event) {
  if (!Number.isInteger(event?.seq) || typeof event.type !== "string" || isDeep(event)) return false;
  // What ends a run is told to its caller, and a message is text.
  if (event.type === "run.failed") return isObject(event.error) && typeof (event.error.message ?? "") === "string";
  return event.type !== "run.completed" || isObject(event.result);
}

/** Deeper than a run speaks, and at some depth neither a copy nor JSON can be made of it. */
const isDeep = (value, levels = 100) => isObject(value) && (levels === 0 || Object.values(value).some((held) => isDeep(held, levels - 1)));

const isObject = (value) => typeof value === "object" && value !== null;

const jittered = (attempt) => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
