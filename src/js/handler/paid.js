// Tells whether a run has paid for something. Then a client must not repeat its request.

/**
 * Returns whether a snapshot has something that a repeated request would pay for again. A call
 * that the run has cancelled, or whose time was over, counts, because its provider may bill it.
 * @param {import("../output.js").FusionSnapshot} snapshot
 */
export const hasPaid = ({ responses, analysis, answer, partial, activity, failed_models }) =>
  responses.length > 0 ||
  analysis !== null ||
  answer !== null ||
  partial.length > 0 ||
  activity.some(isPaid) ||
  failed_models.some(isCutByTimeout);

/**
 * Returns whether a limit of the run, and not the provider, ended a panelist.
 * @param {import("../output.js").FailedModel} failure
 */
const isCutByTimeout = ({ code, status_code }) => code === "timeout" && status_code === undefined;

/** @param {import("../output.js").FusionSnapshot["activity"][number]} call */
const isPaid = ({ status, cost, completion_tokens }) =>
  status !== "failed" || (cost ?? 0) > 0 || (completion_tokens ?? 0) > 0;
