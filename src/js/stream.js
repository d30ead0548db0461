// A run's events as server-sent events.

import { startTimer, timedReader } from "./timeout.js";

/** Proxies close connections that are silent for 60 to 125 s. */
export const KEEP_ALIVE_MS = 15_000;

export function toReadableStream(iterator) {
  const encoder = new TextEncoder();
  const read = timedReader(iterator);
  return new ReadableStream(
    {
      async pull(controller) {
        const timer = startTimer(KEEP_ALIVE_MS);
        try {
          const next = await read(timer);
          if (!next) controller.enqueue(encoder.encode(": keep-alive\n\n"));
          else if (next.done) controller.close();
          else controller.enqueue(encoder.encode(`id: ${next.value.seq}\ndata: ${JSON.stringify(next.value)}\n\n`));
        } catch {
          // The failure was the last event; the stream itself has done its work.
          controller.close();
        } finally {
          timer.clear();
        }
      },
      async cancel() {
        await iterator.return();
      },
    },
    // Nothing is read ahead of the client; what waits, waits in the core, where deltas merge.
    { highWaterMark: 0 },
  );
}
