// The statistics of the report: intervals of rates, and sizes of samples.

/** The quantile of the normal distribution for a two-sided confidence of 95 %. */
const Z_95 = 1.959963984540054;
/** The quantile of the normal distribution for a power of 80 %. */
const Z_POWER_80 = 0.8416212335729143;
/**
 * The minimum number of tasks without a tie. With five such tasks, no outcome is significant at 5 %
 * in the two-sided sign test, because 2 * 0.5^5 is 6.25 %.
 */
const LEAST_DECIDED = 6;

/** @typedef {{ count: number, rate: number, low: number, high: number }} Rate */

/**
 * Returns the rate `count / total` with Wilson's score interval for 95 %, without a correction for
 * continuity. Returns null if `total` is 0. See Newcombe, Statistics in Medicine 17 (1998), 857.
 * @param {number} count
 * @param {number} total
 * @returns {Rate | null}
 */
export function wilson(count, total) {
  if (total === 0) return null;
  const z2 = Z_95 ** 2;
  const rate = count / total;
  const middle = (count + z2 / 2) / (total + z2);
  const half = (Z_95 / (total + z2)) * Math.sqrt(total * rate * (1 - rate) + z2 / 4);
  // For the rates 0 and 1, set the bound of the interval. The computed bound has a rounding error.
  const low = count === 0 ? 0 : middle - half;
  const high = count === total ? 1 : middle + half;
  return { count, rate, low, high };
}

/**
 * Returns the number of tasks that are needed to show that the proportion `p` differs from `p0`.
 * Uses the normal formula of the one-sample test. See Chow, Shao and Wang, Sample Size Calculations
 * (2008), 85.
 * @param {number} p the true proportion
 * @param {{ p0?: number, zAlpha?: number, zPower?: number }} [test] default: 50 %, two-sided 5 %,
 *   power 80 %
 */
export function sampleSize(p, { p0 = 0.5, zAlpha = Z_95, zPower = Z_POWER_80 } = {}) {
  if (p === p0) return Number.POSITIVE_INFINITY;
  const spread = zAlpha * Math.sqrt(p0 * (1 - p0)) + zPower * Math.sqrt(p * (1 - p));
  return Math.ceil((spread / (p - p0)) ** 2);
}

/**
 * Returns how many tasks are needed to show that wins and losses differ. Assumes that further tasks
 * have the same shares of wins, ties and losses. If wins and losses are equal, returns null.
 * @param {{ wins: number, ties: number, losses: number }} counts
 */
export function tasksNeeded({ wins, ties, losses }) {
  const decided = wins + losses;
  if (wins === losses) return null;
  const needed = Math.max(LEAST_DECIDED, sampleSize(wins / decided));
  return Math.ceil((needed * (decided + ties)) / decided);
}

/**
 * Returns the median. For an empty list, returns null.
 * @param {number[]} values
 */
export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ index) => /** @type {number} */ (sorted[index]);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
}
