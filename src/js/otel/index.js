// traced(): wraps a run. The wrapper makes OpenTelemetry spans of the run.

import { trace } from "@opentelemetry/api";
import { addAsyncDispose } from "../async-dispose.js";
import { EventBuffer } from "../event-buffer.js";
import { RunObject } from "../run-object.js";
import { toReadableStream } from "../sse-writer.js";
import { RunSpans } from "./run-spans.js";

/** @typedef {import("../index.js").FusionRun} Run */

const OPTIONS = ["captureContent"];

/** @type {typeof import("./index.js").traced} */
export function traced(run, tracer = trace.getTracer("llm-fuse"), options = {}) {
  if (typeof run?.result !== "function" || typeof run.snapshot !== "function")
    throw new TypeError("traced() takes a run: `traced(fuse(request, options))`");
  if (typeof tracer?.startSpan !== "function")
    throw new TypeError("traced() takes a tracer, such as `trace.getTracer(name)`");
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw new TypeError(`unknown option \`${unknown}\``);
  return /** @type {any} */ (new TracedRun(run, new RunSpans(tracer, options)));
}

/**
 * A run that reads another run and passes its events to the spans. Reads an event only when the
 * caller asks for an event, so that the core can merge waiting deltas. When the other run has
 * ended, reads its remaining events.
 */
class TracedRun extends RunObject {
  #run;
  #spans;
  #iterator;
  #hasStarted = false;
  #isReading = false;
  #isOver = false;
  /** Whether the remaining events are read without waiting for the caller. */
  #drains = false;
  #buffer = new EventBuffer({
    start: () => this.#start(),
    pull: () => this.#read(),
    stop: () => this.#stop(),
  });

  /** @param {Run} run @param {RunSpans} spans */
  constructor(run, spans) {
    super();
    this.#run = run;
    this.#spans = spans;
    this.#iterator = run[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator]() {
    return this.#buffer.iterator();
  }

  toReadableStream() {
    const iterator = this.#buffer.iterator();
    this.#start();
    this.#read();
    return toReadableStream(iterator);
  }

  result() {
    // Mark the result as requested. Otherwise the run would be cancelled when the caller stops
    // reading.
    this.#buffer.result().catch(() => {});
    const result = this.#run.result();
    const drain = () => this.#drain();
    result.then(drain, drain);
    return result;
  }

  /** @param {unknown} [reason] */
  cancel(reason) {
    this.#run.cancel(reason);
    if (this.#hasStarted) this.#drain();
  }

  /** @param {number} index */
  cancelPanelist(index) {
    return this.#run.cancelPanelist(index);
  }

  /** @param {number} index */
  retryPanelist(index) {
    return this.#run.retryPanelist(index);
  }

  proceed() {
    return this.#run.proceed();
  }

  snapshot() {
    return this.#run.snapshot();
  }

  #start() {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#spans.start();
  }

  #stop() {
    this.cancel();
  }

  #drain() {
    this.#drains = true;
    this.#read();
  }

  #read() {
    if (this.#isReading || this.#isOver) return;
    this.#isReading = true;
    this.#iterator.next().then(this.#onNext, this.#onError);
  }

  /** @param {IteratorResult<import("../output.js").FusionEvent, undefined>} next */
  #onNext = ({ done, value }) => {
    this.#isReading = false;
    if (done) return this.#end(() => this.#buffer.complete(/** @type {any} */ (undefined)));
    this.#spans.apply(value);
    this.#buffer.add([value]);
    if (this.#drains || this.#buffer.isWaiting) this.#read();
  };

  /** @param {unknown} error */
  #onError = (error) => {
    this.#isReading = false;
    this.#end(() => this.#buffer.fail(error));
  };

  /** @param {() => void} tell */
  #end(tell) {
    this.#isOver = true;
    this.#spans.end(() => this.#run.snapshot());
    tell();
  }
}

addAsyncDispose(TracedRun);
