// The statistics of the report: intervals of rates, and sizes of samples.

/** The quantile of the normal distribution for a two-sided confidence of 95 %. */
const Z_95 = 1.959963984540054;
/** The quantile of the normal distribution for a power of 80 %. */
const Z_POWER_80 = 0.8416212335729143;
/** With five decided tasks, no outcome reaches 5 % in the two-sided sign test: 2 * 0.5^5. */
const LEAST_DECIDED = 6;

/** @typedef {{ count: number, rate: number, low: number, high: number }} Rate */

/**
 * Returns a rate with Wilson's score interval for 95 %, without a correction for continuity.
 * Returns null if there is nothing to count. See Newcombe, Statistics in Medicine 17 (1998), 857.
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
  // At 0 and at 1, the bound is exact, but its floating-point value is not.
  const low = count === 0 ? 0 : middle - half;
  const high = count === total ? 1 : middle + half;
  return { count, rate, low, high };
}

/**
 * Returns the size of a sample that shows that a proportion differs from `p0`: the usual normal
 * formula of the one-sample test. See Chow, Shao and Wang, Sample Size Calculations (2008), 85.
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
 * Returns how many tasks are needed to show that wins and losses differ. Assumes that the rates of
 * these tasks are the true rates. If wins and losses are equal, returns null.
 * @param {{ wins: number, ties: number, losses: number }} counts
 */
export function tasksNeeded({ wins, ties, losses }) {
  const decided = wins + losses;
  if (wins === losses) return null;
  const needed = Math.max(LEAST_DECIDED, sampleSize(wins / decided));
  return Math.ceil((needed * (decided + ties)) / decided);
}

/**
 * Returns the median, or null of an empty list.
 * @param {number[]} values
 */
export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ index) => /** @type {number} */ (sorted[index]);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
}
