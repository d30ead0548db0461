// Costs and times of arms, from the calls of their runs.

/**
 * Costs are added as integers in units of 1e-12 USD, because sums of fractions would be inexact.
 */
const UNIT = 1e12;

/**
 * Returns the sum of costs. If a cost is unknown, the sum is unknown.
 * @param {(number | null)[]} costs
 */
export function sumOfCosts(costs) {
  if (costs.includes(null)) return null;
  return knownSum(costs);
}

/**
 * Returns the sum of the known costs.
 * @param {(number | null)[]} costs
 */
export const knownSum = (costs) =>
  costs.reduce((/** @type {number} */ sum, cost) => sum + Math.round((cost ?? 0) * UNIT), 0) / UNIT;

/**
 * Returns a difference of costs, or null if either cost is unknown.
 * @param {number | null} a
 * @param {number | null} b
 */
export const costDifference = (a, b) => (a === null || b === null ? null : knownSum([a, -b]));

/** @param {any[]} activity */
export const costOf = (activity) => sumOfCosts(activity.map(({ cost }) => cost));

/**
 * Returns the calls of a panelist.
 * @param {any[]} activity
 * @param {number} member
 */
export const callsOfMember = (activity, member) =>
  activity.filter(({ stage, index }) => stage === "panel" && index === member);

/**
 * Returns the time of a run in milliseconds: the sum of the times of its stages. The panel takes as
 * long as its slowest panelist in each round. The checks take as long as the slowest check.
 *
 * The time does not include delays before retries. If a run was stopped and continued later, it
 * does not include the time in between.
 * @param {any[]} activity
 * @param {number} size number of panelists of the first round
 */
export function latencyOf(activity, size) {
  const timeOf = (/** @type {any[]} */ calls) =>
    calls.reduce((sum, { latency_ms }) => sum + latency_ms, 0);
  const slowest = (/** @type {any[]} */ calls) => {
    /** @type {Map<number, any[]>} */
    const groups = new Map();
    for (const call of calls) groups.set(call.index, [...(groups.get(call.index) ?? []), call]);
    return Math.max(0, ...[...groups.values()].map(timeOf));
  };
  const stage = (/** @type {string} */ name) => activity.filter((call) => call.stage === name);
  const panel = stage("panel");
  return (
    slowest(panel.filter(({ index }) => index < size)) +
    slowest(panel.filter(({ index }) => index >= size)) +
    timeOf(stage("analysis")) +
    slowest(stage("verification")) +
    timeOf(stage("answer"))
  );
}
