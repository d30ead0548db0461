// Limits the time of work that may never end.
//
// `AbortSignal.timeout()` is not used: its timer cannot be cleared, and in Node
// it keeps no process alive, so a program that waits for it exits instead.
// `AbortSignal.any()` is not used: edge-runtime and Node before 20.3 lack it.

/**
 * Starts a timer. If `clear()` is not called, it keeps the process alive.
 * @param {number} ms
 */
export function startTimer(ms) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<undefined>} */
  const expired = new Promise((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return { expired, clear: () => clearTimeout(timer) };
}

/**
 * Returns `next(timer)`, which resolves with the iterator's next result, or
 * with `undefined` if the timer expires first. The read that is pending then
 * is not lost: the next call waits for it. One timer may cover several reads.
 * @template T
 * @param {{ next: () => Promise<T> }} iterator
 */
export function timedReader(iterator) {
  /** @type {Promise<T> | undefined} */
  let pending;
  /** @param {{ expired: Promise<undefined> }} timer */
  return async (timer) => {
    if (!pending) {
      pending = iterator.next();
      // Prevents an unhandled rejection if there is no further call.
      pending.catch(() => {});
    }
    const next = await Promise.race([pending, timer.expired]);
    if (next) pending = undefined;
    return next;
  };
}

/**
 * Resolves with what `work(signal)` resolves with. Rejects with `outer.reason`
 * if `outer` aborts, and with an error after `ms`, even if `work` ignores its
 * signal. The signal aborts in both cases, and at the end, to close what is
 * still open. If `outer` is aborted already, `work` is not called.
 * @template T
 * @param {number} ms
 * @param {AbortSignal | undefined} outer
 * @param {string} what names the work in the error
 * @param {(signal: AbortSignal) => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withTimeout(ms, outer, what, work) {
  outer?.throwIfAborted();
  const controller = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let onAbort = () => {};
  /** @type {Promise<never>} */
  const stopped = new Promise((_, reject) => {
    const late = `${what} took longer than ${ms / 1000} s`;
    timer = setTimeout(() => reject(new Error(late)), ms);
    onAbort = () => reject(outer?.reason);
    outer?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([stopped, work(controller.signal)]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", onAbort);
    controller.abort();
  }
}
