// Converts a run to a response: a stream of its events, or JSON at its end.

import { KEEP_ALIVE_MS } from "../sse-writer.js";
import { startTimer, timedReader } from "../timeout.js";
import { RunView } from "./run-view.js";
import { ShownProgress } from "./show-progress.js";

/**
 * Encodes a run in the format of an endpoint.
 * @typedef {object} ResponseEncoder
 * @property {string} keepAlive sent while there is nothing else to send
 * @property {(event: import("../output.js").FusionEvent, view: RunView) => string} encode
 * @property {(view: RunView) => object} encodeAll returns the whole response
 * @property {(error: import("./api-error.js").ClientError, view: RunView) => string} encodeError
 * @property {(text: string, view: RunView) => string} encodeProgress encodes progress as reasoning
 * @property {(view: RunView) => string} endProgress ends the progress before the writer's reasoning
 */

/**
 * The client that has requested the run, and how to answer it.
 * @typedef {object} Client
 * @property {Request} request
 * @property {boolean} isFetch whether the handler is the `fetch` of a client in this process. An
 *   aborted body then fails with the reason of the abort.
 * @property {boolean} ownKey whether the run uses the server's key
 * @property {boolean} showsProgress whether the panel's progress is sent as reasoning
 * @property {() => void} onEnd called when the stream has ended for any reason
 */

/**
 * How long the response waits for a model's first output before it begins with status 200. If an
 * error occurs during this time, the response gets the status of the error. Clients handle such a
 * status better than an error in a stream.
 */
const STATUS_HOLD_MS = 5_000;
const FIRST_OUTPUT =
  /^(?:panelist|analysis|answer)\.(?:delta|reasoning|tool|source|item|completed|tool_call)$/;

/**
 * Returns the whole response. Rejects with the error of the run.
 * @param {import("./restored-answer.js").Events} run
 * @param {ResponseEncoder} encoder
 * @param {boolean} ownKey
 */
export async function jsonResponse(run, encoder, ownKey) {
  const view = new RunView(ownKey);
  for await (const event of run) {
    view.apply(event);
    encoder.encode(event, view);
  }
  return encoder.encodeAll(view);
}

/**
 * Returns a body of server-sent events. If the run fails before a model's first output, rejects
 * with the error of the run.
 * @param {import("./restored-answer.js").Events} run
 * @param {ResponseEncoder} encoder
 * @param {Client} client
 * @param {(error: any) => import("./api-error.js").ClientError} toClientError for an error that
 *   comes after the status
 */
export async function streamResponse(run, encoder, client, toClientError) {
  const iterator = run[Symbol.asyncIterator]();
  const utf8 = new TextEncoder();
  const stream = new EncodedRun(run, encoder, client, toClientError);
  const read = timedReader(iterator);
  let text = await stream.readFirstOutput(read);

  return new ReadableStream(
    /** @type {UnderlyingDefaultSource<Uint8Array> & { request: Request }} */ ({
      // Keep a reference to the request. After the request is garbage-collected, Node no longer
      // forwards an abort.
      request: client.request,
      async pull(controller) {
        try {
          text ||= await stream.readText(read);
        } catch (error) {
          client.onEnd();
          throw error;
        }
        if (text) controller.enqueue(utf8.encode(text));
        text = "";
        if (!stream.isOver) return;
        controller.close();
        client.onEnd();
      },
      async cancel() {
        await iterator.return?.();
        client.onEnd();
      },
    }),
    // Do not read ahead. Events wait in the core, which merges deltas, until the client reads them.
    { highWaterMark: 0 },
  );
}

/** @typedef {ReturnType<typeof timedReader<IteratorResult<any, undefined>>>} Read */

/** Encodes the events of a run until its end. */
class EncodedRun {
  isOver = false;
  #run;
  #encoder;
  #client;
  #toClientError;
  #view;
  #progress;
  /** The number of the writer's current attempt. */
  #attempt = 0;
  #repeatsReasoning = false;

  /**
   * @param {import("./restored-answer.js").Events} run
   * @param {ResponseEncoder} encoder
   * @param {Client} client
   * @param {(error: any) => import("./api-error.js").ClientError} toClientError
   */
  constructor(run, encoder, client, toClientError) {
    this.#run = run;
    this.#encoder = encoder;
    this.#client = client;
    this.#toClientError = toClientError;
    this.#view = new RunView(client.ownKey);
    this.#progress = client.showsProgress ? new ShownProgress(encoder) : undefined;
  }

  /**
   * Returns the text up to the first output of a model. Waits at most {@link STATUS_HOLD_MS}.
   * @param {Read} read
   */
  async readFirstOutput(read) {
    const timer = startTimer(STATUS_HOLD_MS);
    let text = "";
    try {
      while (!this.isOver) {
        const next = await read(timer);
        if (!next || next.done) break;
        const { value: event } = next;
        // Skip this event. The next read throws the FusionError, which also contains the snapshot.
        if (event.type === "run.failed") continue;
        text += this.#encode(event);
        if (FIRST_OUTPUT.test(event.type)) break;
      }
    } finally {
      timer.clear();
    }
    return text;
  }

  /**
   * Returns the next text for the client. Events without a text do not restart the keep-alive
   * timer.
   * @param {Read} read
   */
  async readText(read) {
    const timer = startTimer(KEEP_ALIVE_MS);
    let text = "";
    try {
      while (!text && !this.isOver) {
        const next = await read(timer);
        if (!next) text = this.#encoder.keepAlive;
        else if (next.done) this.isOver = true;
        else text = this.#encode(next.value);
      }
    } finally {
      timer.clear();
    }
    return text;
  }

  /**
   * Returns whether an event is about text that the provider has first sent as the answer and then
   * declared to be thinking. Such events withdraw the text, or repeat it as reasoning. They are not
   * sent, because the client has already received the text.
   * @param {import("../output.js").FusionEvent} event
   */
  #isWithdrawal(event) {
    if (event.type === "answer.started") {
      this.#repeatsReasoning = event.attempt === this.#attempt && this.#view.hasAnswered;
      this.#attempt = event.attempt;
      return this.#repeatsReasoning;
    }
    const repeats = this.#repeatsReasoning && event.type === "answer.reasoning";
    if (repeats) this.#repeatsReasoning = false;
    return repeats;
  }

  /** @param {import("../output.js").FusionEvent} event */
  #encode(event) {
    const view = this.#view;
    if (this.#isWithdrawal(event)) return "";
    // The client has already received a part of the answer, and a stream cannot withdraw it.
    const restarts = event.type === "answer.started" && view.hasAnswered;
    if (restarts) {
      this.#run.cancel();
      view.fail({
        code: "provider_error",
        message: "the writer failed after a part of its answer was sent",
      });
    } else {
      view.apply(event);
    }
    const { request, isFetch } = this.#client;
    if (event.type === "run.failed" && isFetch) request.signal.throwIfAborted();
    this.isOver = restarts || event.type === "run.completed" || event.type === "run.failed";
    const before = this.#progress?.before(event, view) ?? "";
    if (view.error)
      return before + this.#encoder.encodeError(this.#toClientError(view.error), view);
    return before + this.#encoder.encode(event, view) + (this.#progress?.after(event, view) ?? "");
  }
}
