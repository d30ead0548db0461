// Finds out whether something in a run was paid. If so, a client must not repeat its request.

/**
 * Returns whether a snapshot contains work that a repeated request would pay for again. A cancelled
 * call and a call that reached a time limit count too, because the provider may bill them.
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
 * Returns whether a time limit of the run ended a panelist. A timeout of the provider has a status.
 * @param {import("../output.js").FailedModel} failure
 */
const isCutByTimeout = ({ code, status_code }) => code === "timeout" && status_code === undefined;

/** @param {import("../output.js").FusionSnapshot["activity"][number]} call */
const isPaid = ({ status, cost, completion_tokens }) =>
  status !== "failed" || (cost ?? 0) > 0 || (completion_tokens ?? 0) > 0;
