// Tells whether a run has paid for something. Then a client must not repeat its request.

/**
 * Returns whether a snapshot has something that a repeated request would pay for again. A call
 * that the run has cancelled counts, because its provider may bill it.
 * @param {import("../output.js").FusionSnapshot} snapshot
 */
export const hasPaid = ({ responses, analysis, answer, partial, activity }) =>
  responses.length > 0 ||
  analysis !== null ||
  answer !== null ||
  partial.length > 0 ||
  activity.some(isPaid);

/** @param {import("../output.js").FusionSnapshot["activity"][number]} call */
const isPaid = ({ status, cost, completion_tokens }) =>
  status !== "failed" || (cost ?? 0) > 0 || (completion_tokens ?? 0) > 0;
