// Decodes the batches of events that the core returns.

/**
 * Returns the events of a batch, and the last of them. A batch is never empty.
 * @param {string} json an array of events
 * @returns {{ events: import("./output.js").FusionEvent[], last: any }}
 */
export function decodeEvents(json) {
  const events = JSON.parse(json);
  return { events, last: events.at(-1) };
}
