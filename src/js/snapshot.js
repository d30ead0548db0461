// Makes snapshots where no core can take one.

/**
 * Returns the snapshot of a run that has done nothing yet.
 * @param {any} request
 * @param {import("./output.js").FusionSnapshot["status"]} status
 * @returns {import("./output.js").FusionSnapshot}
 */
export function emptySnapshot(request, status) {
  return {
    version: 1,
    run_id: "",
    seed: null,
    status,
    request,
    responses: [],
    failed_models: [],
    partial: [],
    analysis: null,
    analysis_sources: [],
    answer: null,
    activity: [],
  };
}
