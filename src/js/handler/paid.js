// Finds out whether something in a run was paid. If so, a client must not repeat its request.

/**
 * Returns whether a repeated request would pay again for work of a run. A call that was refused or
 * not sent has the cost 0 and does not count. Every other call counts, even if its cost is unknown:
 * the provider may bill thinking, a cancelled call and a call that reached a time limit.
 * @param {import("../output.js").FusionSnapshot} snapshot
 */
export const hasPaid = ({ responses, analysis, answer, partial, activity }) =>
  responses.length > 0 ||
  analysis !== null ||
  answer !== null ||
  partial.length > 0 ||
  activity.some(({ cost }) => cost !== 0);
