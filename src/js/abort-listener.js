// Removes a listener from an AbortSignal of the caller.

/**
 * Removes a listener from a signal. Never throws. The signal may be an object of the caller whose
 * method throws, and this must not disturb the run that ends.
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
