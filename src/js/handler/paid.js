// Finds out whether a run has cost money. If so, a client must not repeat its request.

/**
 * Returns whether a run has finished or paid work, so that a repeated request would pay for it
 * again. A call that was refused or not sent has the cost 0 and does not count.
 *
 * Every other call counts, even if its cost is unknown. The provider may charge for thinking, for a
 * cancelled call, and for a call that reached a time limit.
 * @param {import("../output.js").FusionSnapshot} snapshot
 */
export const hasPaid = ({ responses, analysis, answer, partial, activity }) =>
  responses.length > 0 ||
  analysis !== null ||
  answer !== null ||
  partial.length > 0 ||
  activity.some(({ cost }) => cost !== 0);
