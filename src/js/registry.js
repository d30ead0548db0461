// Lists the active runs of the wasm instance. The core imports `wake` and `recordPanic` from this
// module. All runs share the module, and on workerd a request must not use the I/O of another
// request. Therefore the module itself starts no I/O. Each run does its I/O in its own `wake` and
// `failWithoutCore`.

/**
 * @typedef {object} ActiveRun
 * @property {() => void} wake polls the run soon
 * @property {(message: string | undefined, cause: unknown) => void} failWithoutCore fails the run
 *   after a failure of the core. `message` is the panic's message, if there was a panic
 */

/** @type {Map<number, ActiveRun>} */
const activeRuns = new Map();
let lastId = 0;
/** @type {string | undefined} */
let lastPanic;

/**
 * Registers a run and returns its id.
 * @param {ActiveRun} run
 */
export function register(run) {
  // The core holds an id as u32.
  lastId = (lastId + 1) >>> 0;
  activeRuns.set(lastId, run);
  return lastId;
}

/** @param {number} id */
export function unregister(id) {
  activeRuns.delete(id);
}

/** Removes and returns all runs, with the message of the last panic. */
export function takeRunsAfterTrap() {
  const runs = [...activeRuns.values()];
  const message = lastPanic;
  activeRuns.clear();
  lastPanic = undefined;
  return { runs, message };
}

/**
 * Polls a run soon. Imported by the core.
 * @param {number} id
 */
export function wake(id) {
  activeRuns.get(id)?.wake();
}

/**
 * Stores the message of a panic. The core imports this function. Its panic hook calls the function
 * before the wasm instance traps.
 * @param {string} message
 */
export function recordPanic(message) {
  lastPanic = message;
}
