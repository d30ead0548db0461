// Prepares small inputs for the core: indexes of panelists, and random values.

import { randomHex } from "./bytes.js";

/**
 * Returns the index of a panelist. Reduces an index above 65,535 to 65,535, so that the core can
 * store it in 32 bits. Such an index is invalid anyway, because a panel has at most 8 members.
 * @param {unknown} index
 */
export function panelistIndex(index) {
  if (typeof index !== "number" || !Number.isInteger(index) || index < 0) {
    throw new TypeError(`a panelist's index is an integer from 0, got ${String(index)}`);
  }
  return Math.min(index, 0xffff);
}

/** Returns the random values of a run. */
export function randomInputs() {
  const hex = randomHex(24);
  return {
    run_id: `run_${hex.slice(0, 20)}`,
    seed: parseInt(hex.slice(20, 33), 16),
    nonce: hex.slice(33),
  };
}
