// What the wasm core calls by itself, and the runs that live in its instance. The glue imports this file; it holds no I/O of any run.

const live = new Map();
let ids = 0;
let lastPanic;

/** Registers a run; its `wake()` is called when the core wants to be polled. */
export function enter(run) {
  // The core holds ids as u32; a Worker can outlive four billion runs only in theory, but wrapping is free.
  ids = (ids + 1) >>> 0;
  live.set(ids, run);
  return ids;
}

export function leave(id) {
  live.delete(id);
}

/** The instance is no longer to be trusted: hands out its runs, so that each can fail, and what the panic said. */
export function evacuate() {
  const runs = [...live.values()];
  const message = lastPanic;
  live.clear();
  lastPanic = undefined;
  return { runs, message };
}

/** Imported by the core. */
export function wake(id) {
  live.get(id)?.wake();
}

/** Imported by the core: the panic hook runs before the trap that JavaScript then catches. */
export function panicked(message) {
  lastPanic = message;
}
