// A run's events as server-sent events.

const KEEP_ALIVE_MS = 15_000;

/** Proxies close connections that are silent for 60 to 125 s. */
export function toReadableStream(iterator) {
  const encoder = new TextEncoder();
  let pending;
  return new ReadableStream(
    {
      async pull(controller) {
        pending ??= iterator.next();
        let timer;
        const silence = new Promise((resolve) => (timer = setTimeout(resolve, KEEP_ALIVE_MS)));
        try {
          const next = await Promise.race([pending, silence]);
          if (!next) return controller.enqueue(encoder.encode(": keep-alive\n\n"));
          pending = undefined;
          if (next.done) controller.close();
          else controller.enqueue(encoder.encode(`id: ${next.value.seq}\ndata: ${JSON.stringify(next.value)}\n\n`));
        } catch {
          // The failure was the last event; the stream itself has done its work.
          controller.close();
        } finally {
          clearTimeout(timer);
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
