// Lets timers run while a stream is read. Reads that never wait for the network resolve in
// microtasks, and no timer runs between microtasks: no time limit and no signal could end them.

/** After this many reads, or this many bytes, a timer must have run. */
const READS = 256;
const BYTES = 1 << 20;

/**
 * Returns a function to call after each read. It returns a promise if the reader must wait, and
 * `undefined` otherwise. It counts reads, because clocks stand still during a turn on workerd.
 * @returns {(bytes: number) => Promise<void> | undefined}
 */
export function createTurnLimit() {
  let reads = 0;
  let bytes = 0;
  /**
   * Resolves in a later turn. `undefined` if that turn has come.
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
