// Prepares small inputs for the core: indexes of panelists, and random values.

import { randomHex } from "./bytes.js";

/**
 * Returns an index that fits into 32 bits. Larger indexes are invalid anyway, because a panel has
 * at most 8 members.
 * @param {string} method for the message
 * @param {unknown} index
 */
export function panelistIndex(method, index) {
  if (typeof index !== "number" || !Number.isInteger(index) || index < 0) {
    // A text has quotes, so that `"0"` does not look like a number.
    const got = typeof index === "string" ? JSON.stringify(index) : String(index);
    throw new TypeError(`the \`index\` of \`${method}()\` must be an integer from 0, got ${got}`);
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
