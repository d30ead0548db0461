// Stops listening to a signal of the caller.

/**
 * Removes a listener. A signal may be an object of the caller, whose method throws: the work that
 * listened has to end all the same.
 * @param {AbortSignal | undefined} signal
 * @param {() => void} listener
 */
export function stopListening(signal, listener) {
  try {
    signal?.removeEventListener?.("abort", listener);
  } catch {
    // The listener acts on ended work, and does nothing.
  }
}
