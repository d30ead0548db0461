// Measures how long text takes from its arrival, at the read of a response's body, to its hand-out
// by a client. Replaces the global `fetch`, so it works with every client.

/** The text of a delta, as JSON. */
const CONTENT = /"content":("(?:[^"\\]|\\.)*")/g;

/** Watches the calls of one round. `end()` returns the time of each chunk in milliseconds. */
export function watchArrivals() {
  const { fetch } = globalThis;
  const latencies_ms = [];
  /** Texts that were read and not handed out, by stream: `{ end, at_ms }`. */
  const streams = [];
  globalThis.fetch = async (url, init) => {
    // The clients make the calls of a panel in the order of its models.
    const waiting = [];
    streams.push(waiting);
    return watched(await fetch(url, init), waiting);
  };
  const handed = [];
  return {
    onText(i, length) {
      handed[i] = (handed[i] ?? 0) + length;
      const now_ms = performance.now();
      while (streams[i].length > 0 && streams[i][0].end <= handed[i]) {
        latencies_ms.push(now_ms - streams[i].shift().at_ms);
      }
    },
    end() {
      globalThis.fetch = fetch;
      return latencies_ms;
    },
  };
}

/** Returns the same response. Notes when each chunk with text is read. */
function watched(response, waiting) {
  const decoder = new TextDecoder();
  let end = 0;
  const body = response.body.pipeThrough(
    new TransformStream(
      {
        transform(bytes, controller) {
          const at_ms = performance.now();
          const before = end;
          // The provider sends each event in one write, and loopback rarely splits a write.
          for (const [, text] of decoder.decode(bytes).matchAll(CONTENT)) {
            end += JSON.parse(text).length;
          }
          if (end > before) waiting.push({ end, at_ms });
          controller.enqueue(bytes);
        },
      },
      undefined,
      { highWaterMark: 0 },
    ),
  );
  return new Response(body, response);
}
