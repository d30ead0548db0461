// Snapshots where there is no core to take one.

/** A run that has done nothing yet. */
export function snapshotOf(request, status) {
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
