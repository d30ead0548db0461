// Lets timers run while a stream is read. Reads that do not wait for the network resolve in
// microtasks. Timers do not run between microtasks, so no time limit or signal could end such
// reads.

/** Maximum number of reads, and of bytes, before the reader must let timers run. */
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
   * Resolves in a later turn. `undefined` after that turn.
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
