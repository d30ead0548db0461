// Lets timers run while a stream is read. If a read does not wait for the network, it resolves in a
// microtask. Timers do not run between microtasks. Without this module, a long series of such reads
// could not be ended by a time limit or a signal.

/** After this number of reads, or this number of bytes, the reader must let timers run. */
const READS = 256;
const BYTES = 1 << 20;

/**
 * Returns a function that the reader calls after each read. The function returns a promise if the
 * reader must wait, and `undefined` otherwise. The function counts reads instead of time, because
 * workerd's clocks do not advance during a turn of the event loop.
 * @returns {(bytes: number) => Promise<void> | undefined}
 */
export function createTurnLimit() {
  let reads = 0;
  let bytes = 0;
  /**
   * Resolves in a later turn of the event loop. `undefined` if the reader need not wait.
   * @type {Promise<void> | undefined}
   */
  let nextTurn;
  return (length) => {
    reads += 1;
    bytes += length;
    if (reads < READS && bytes < BYTES) return undefined;
    reads = 0;
    bytes = 0;
    if (nextTurn) return nextTurn;
    nextTurn = new Promise((resolve) => {
      setTimeout(() => {
        nextTurn = undefined;
        resolve();
      });
    });
    return undefined;
  };
}
