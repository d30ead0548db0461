// The state of the checks of contradictions.

import {
  append,
  isIndex,
  isObject,
  numberOrNull,
  objectOrNull,
  objects,
  text,
  update,
  withSource,
  withTool,
} from "./values.js";

/**
 * @typedef {import("./index.js").AnalysisState} AnalysisState
 * @typedef {import("./index.js").CheckState} CheckState
 */

/**
 * @param {number} index
 * @returns {CheckState}
 */
const newCheck = (index) => ({
  index,
  status: "running",
  model: "",
  attempt: 0,
  tools: [],
  sources: [],
  checked: null,
  error: null,
  restored: false,
});

/** @param {CheckState} check @returns {CheckState} */
const stopped = (check) => (check.status === "running" ? { ...check, status: "stopped" } : check);

/**
 * Returns the checks of an ended run. The open checks are stopped. Returns the same list if no
 * check is open.
 * @param {readonly CheckState[]} checks
 */
export const endedChecks = (checks) =>
  checks.some(({ status }) => status === "running") ? checks.map(stopped) : checks;

/**
 * Applies an event to the check that it belongs to. Returns all checks.
 * @param {readonly CheckState[]} checks
 * @param {any} event
 * @returns {readonly CheckState[]}
 */
export function reduceChecks(checks, event) {
  const { index } = event;
  if (!isIndex(index)) return checks;
  const at = checks.findIndex((check) => check.index === index);
  const before = checks[at] ?? newCheck(index);
  const after = reduceCheck(before, event);
  if (after === before) return checks;
  return at === -1 ? append(checks, after) : checks.with(at, after);
}

/** @param {CheckState} check @param {any} event @returns {CheckState} */
function reduceCheck(check, event) {
  switch (event.type) {
    case "verification.started": {
      const attempt = numberOrNull(event.attempt) ?? 1;
      return { ...newCheck(check.index), model: text(event.model), attempt };
    }
    case "verification.tool":
      return update(check, { tools: withTool(check.tools, event) });
    case "verification.source":
      return update(check, { sources: withSource(check.sources, event) });
    case "verification.completed": {
      const checked = objectOrNull(event.checked);
      if (!checked) return check;
      const restored = event.restored === true;
      return { ...check, status: "completed", checked, error: null, restored };
    }
    case "verification.failed":
      return { ...check, status: "failed", error: objectOrNull(event.error) };
    default:
      return check;
  }
}

/**
 * Adds the outcome of a check to the contradiction that was checked. Returns the changed analysis.
 * @param {AnalysisState} analysis
 * @param {any} event
 * @returns {AnalysisState}
 */
export function withChecked(analysis, { type, index, checked }) {
  const contradictions = analysis.result?.contradictions;
  if (type !== "verification.completed" || !isObject(checked)) return analysis;
  if (!Array.isArray(contradictions) || !isObject(contradictions[index])) return analysis;
  const before = contradictions[index];
  if (JSON.stringify(before.checked) === JSON.stringify(checked)) return analysis;
  const after = /** @type {any} */ ({ ...before, checked });
  const result = { .../** @type {any} */ (analysis.result) };
  result.contradictions = contradictions.with(index, after);
  const items = analysis.items.map((listed) =>
    listed.item === before ? { ...listed, item: after } : listed,
  );
  return { ...analysis, result, items };
}

/**
 * Returns the analysis with the sources of a check that has completed. The core does the same in
 * `analysis_sources` of the snapshot.
 * @param {AnalysisState} analysis
 * @param {readonly CheckState[]} checks
 * @param {any} event
 */
export function withCheckedSources(analysis, checks, { type, index }) {
  if (type !== "verification.completed") return analysis;
  const check = checks.find((check) => check.index === index);
  let { sources } = analysis;
  for (const source of check?.sources ?? []) sources = withSource(sources, source);
  return update(analysis, { sources });
}

/**
 * Returns the pages that are evidence in the checks of an analysis.
 * @param {any} analysis
 * @returns {import("../output.js").Source[]}
 */
export const evidenceOf = (analysis) =>
  objects(analysis?.contradictions)
    .flatMap(({ checked }) => objects(checked?.stances))
    .flatMap(({ evidence }) => objects(evidence))
    .map(({ url }) => ({ url: text(url), title: "" }));

/**
 * Adds the checks in the result's analysis that no event has reported. Returns all checks.
 * @param {readonly CheckState[]} checks
 * @param {any} analysis
 */
export function withFinalChecks(checks, analysis) {
  let all = checks;
  for (const [index, { checked }] of objects(analysis?.contradictions).entries()) {
    const isKnown = all.some((check) => check.index === index && check.status === "completed");
    if (!isKnown) all = reduceChecks(all, { type: "verification.completed", index, checked });
  }
  return all;
}
