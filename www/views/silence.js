// Tells how long a streamed text has not grown.

const SILENT_MS = 8000;

/**
 * Returns a function that returns the sentence to show. If text has arrived in the last 8 s, the
 * sentence is "".
 */
export function silenceWatch() {
  let last = "";
  let since = Date.now();
  /** @param texts everything that the model streams */
  return (isStreaming, ...texts) => {
    const now = texts.map(({ length }) => length).join();
    if (now !== last || !isStreaming) since = Date.now();
    last = now;
    const ms = Date.now() - since;
    return ms < SILENT_MS ? "" : `No new text for ${Math.floor(ms / 1000)} s`;
  };
}
