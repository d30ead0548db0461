// Writes server-sent events.
// <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>

import { startTimer, timedReader } from "./timeout.js";

/** Bun closes a connection after 10 s of silence. Proxies close a connection after 60 to 125 s. */
export const KEEP_ALIVE_MS = 5_000;

/** Headers of an event stream. Proxies must not cache, compress or buffer it. */
export const EVENT_STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** Ends a stream of OpenAI's APIs. */
export const DONE = "data: [DONE]\n\n";

/** A keep-alive comment, in the words that clients of OpenRouter expect. */
export const OPENROUTER_KEEP_ALIVE = ": OPENROUTER PROCESSING\n\n";

/** @param {unknown} data */
export const formatEvent = (data) => `data: ${JSON.stringify(data)}\n\n`;

/** @param {{ type: string }} data */
export const formatNamedEvent = (data) => `event: ${data.type}\n${formatEvent(data)}`;

/**
 * Returns the events of a run as a stream. The stream ends without an error if the run fails,
 * because the last event is the failure.
 * @param {import("./index.js").FusionIterator} iterator
 * @param {import("./index.js").RunResponseOptions["request"]} [request] of the client. If its
 *   signal aborts, the client has disconnected. Some servers do not cancel the stream then.
 */
export function toReadableStream(iterator, request) {
  const encoder = new TextEncoder();
  const read = timedReader(iterator);
  const leave = () => iterator.return();
  const signal = signalOf(request);
  if (signal?.aborted) leave();
  else signal?.addEventListener("abort", leave, { once: true });
  return new ReadableStream(
    /** @type {UnderlyingDefaultSource<Uint8Array> & { request: unknown }} */ ({
      // Reference the request, because Node forwards an abort only until the request is
      // garbage-collected.
      request,
      async pull(controller) {
        const timer = startTimer(KEEP_ALIVE_MS);
        try {
          const next = await read(timer);
          if (next?.done) {
            signal?.removeEventListener("abort", leave);
            return controller.close();
          }
          const text = next
            ? `id: ${next.value.seq}\n${formatEvent(next.value)}`
            : ": keep-alive\n\n";
          controller.enqueue(encoder.encode(text));
        } catch {
          controller.close();
        } finally {
          timer.clear();
        }
      },
      async cancel() {
        await leave();
      },
    }),
    // Events wait in the core, which merges deltas, until the client reads them.
    { highWaterMark: 0 },
  );
}

/**
 * Returns the signal of a request, but `undefined` in Deno. There, each use of a request's signal
 * prints a warning, and the signal aborts after a success too. Deno cancels the stream itself.
 * @param {import("./index.js").RunResponseOptions["request"]} request
 */
const signalOf = (request) =>
  "Deno" in globalThis && request instanceof Request ? undefined : request?.signal;
