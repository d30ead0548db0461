// Removes a listener from a caller's signal.

/**
 * Removes a listener. Never throws: the signal may be a caller's object whose method throws, and
 * the work that listened must still end.
 * @param {AbortSignal | undefined} signal
 * @param {() => void} listener
 */
export function stopListening(signal, listener) {
  try {
    signal?.removeEventListener?.("abort", listener);
  } catch {
    // If the listener stays, it has no effect, because the work has ended.
  }
}
