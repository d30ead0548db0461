// Reading an iterator with a limit to one's patience.

/** `next(silence)` gives nothing once that silence has lasted; what was asked for is not lost, and comes with a later call. */
export function patient(iterator) {
  let pending;
  return async (silence) => {
    if (!pending) {
      pending = iterator.next();
      // It may fail when nobody reads any more.
      pending.catch(() => {});
    }
    const next = await Promise.race([pending, silence.over]);
    if (next) pending = undefined;
    return next;
  };
}

/** May cover several reads. Whoever began it has to `end()` it, or its timer holds a process. */
export function silence(ms) {
  let timer;
  const over = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  return { over, end: () => clearTimeout(timer) };
}
