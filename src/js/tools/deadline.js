// In: something that may take for ever, or for ever ignore that it should stop. Out: its result, in time.

/** @param work gets a signal that aborts at the deadline, when `outer` does, and when all is done, so that nothing stays open */
export async function within(ms, outer, what, work) {
  const controller = new AbortController();
  let timer, onAbort;
  const stopped = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s`)), ms);
    onAbort = () => reject(outer.reason);
    if (outer?.aborted) onAbort();
    else outer?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    // Nothing is begun for one who has left.
    return await Promise.race([stopped, outer?.aborted ? stopped : work(controller.signal)]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", onAbort);
    controller.abort();
  }
}
