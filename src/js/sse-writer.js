// Writes server-sent events.
// <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>

import { startTimer, timedReader } from "./timeout.js";

/** Proxies close a connection that is silent for 60 to 125 s. */
export const KEEP_ALIVE_MS = 15_000;

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
 */
export function toReadableStream(iterator) {
  const encoder = new TextEncoder();
  const read = timedReader(iterator);
  return new ReadableStream(
    {
      async pull(controller) {
        const timer = startTimer(KEEP_ALIVE_MS);
        try {
          const next = await read(timer);
          if (next?.done) return controller.close();
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
        await iterator.return();
      },
    },
    // Events wait in the core, which merges deltas, until the client reads them.
    { highWaterMark: 0 },
  );
}
