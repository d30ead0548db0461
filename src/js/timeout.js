// Limits the time of work that may not end by itself.
//
// `AbortSignal.timeout()` is not used, because its timer cannot be cleared. In Node it also does
// not keep the process alive, so a program that waits for it would exit. `AbortSignal.any()` is not
// used, because edge-runtime and Node before 20.3 lack it.

/**
 * Starts a timer. Until the timer expires or `clear()` is called, the timer keeps the process
 * alive.
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
 * Returns the function `next(timer)`. This function resolves with the iterator's next result, or
 * with `undefined` if the timer expires first. After an expired timer, the next call waits for the
 * same result, so no result is lost. One timer may cover several calls.
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
      // Prevents an unhandled rejection if `next` is not called again.
      pending.catch(() => {});
    }
    const next = await Promise.race([pending, timer.expired]);
    if (next) pending = undefined;
    return next;
  };
}

/**
 * Resolves with the result of `work(signal)`. Rejects with `outer.reason` if `outer` aborts, and
 * with an error after `ms`, even if `work` ignores its signal. Always aborts the signal at the end,
 * to close open connections. If `outer` is already aborted, does not call `work`.
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
