// The state of the analysis.

import {
  append,
  isObject,
  limited,
  numberOrNull,
  objectOrNull,
  objects,
  text,
  textOrNull,
  update,
  withSource,
  withTool,
} from "./values.js";

/** @typedef {import("./index.js").AnalysisState} AnalysisState */

/** @type {AnalysisState} */
export const newAnalysis = Object.freeze({
  status: "idle",
  model: "",
  attempt: 0,
  round: 1,
  pass: 1,
  order: Object.freeze([]),
  reasoning: "",
  tools: Object.freeze([]),
  sources: Object.freeze([]),
  items: Object.freeze([]),
  result: null,
  error: null,
  next: null,
  restored: false,
});

/**
 * @param {AnalysisState} analysis
 * @param {any} event
 * @returns {AnalysisState}
 */
export function reduceAnalysis(analysis, event) {
  switch (event.type) {
    case "analysis.started":
      return started(analysis, event);
    case "analysis.reasoning":
      return update(analysis, { reasoning: analysis.reasoning + text(event.delta) });
    case "analysis.tool":
      return update(analysis, { tools: withTool(analysis.tools, event) });
    case "analysis.source":
      return update(analysis, { sources: withSource(analysis.sources, event) });
    case "analysis.item": {
      if (!isObject(event.item)) return analysis;
      const item = /** @type {any} */ ({ kind: event.kind, item: event.item });
      return update(analysis, { items: append(analysis.items, item) });
    }
    case "analysis.completed":
      return isObject(event.analysis) ? completed(analysis, event) : analysis;
    case "analysis.failed":
      return failed(analysis, event);
    default:
      return analysis;
  }
}

/** @param {AnalysisState} analysis @param {any} event @returns {AnalysisState} */
function started(analysis, event) {
  // The second pass checks the items of the first pass, so the items stay.
  if (event.pass) return update(analysis, { status: "running", pass: 2 });
  return {
    ...newAnalysis,
    status: "running",
    model: text(event.model),
    attempt: numberOrNull(event.attempt) ?? 1,
    round: event.round === 2 ? 2 : 1,
    order: Array.isArray(event.order) ? limited(event.order) : [],
  };
}

/**
 * Returns the state of the analysis at the start of a resumed run. Keeps what the events of this
 * run do not repeat. If the earlier run continued without an analysis, no event says so again.
 * @param {AnalysisState} earlier
 * @returns {AnalysisState}
 */
export function resumedAnalysis(earlier) {
  const { status } = earlier;
  if (status === "failed" || status === "skipped") return earlier;
  if (status !== "completed") return newAnalysis;
  return { ...earlier, status: "idle", items: newAnalysis.items, result: null, restored: false };
}

/** @param {AnalysisState} analysis @param {any} event @returns {AnalysisState} */
const failed = (analysis, event) => ({
  ...analysis,
  status: event.next ? "running" : "failed",
  error: objectOrNull(event.error),
  next: textOrNull(event.next),
});

/**
 * @param {AnalysisState} analysis
 * @param {any} event
 * @returns {AnalysisState}
 */
export const completed = (analysis, { analysis: result, restored, round }) => ({
  ...analysis,
  status: "completed",
  round: round === 2 ? 2 : analysis.round,
  items: itemsOf(result),
  result,
  // A restored first analysis keeps the error of the second analysis.
  error: restored === true ? analysis.error : null,
  next: null,
  restored: restored === true,
});

/**
 * Returns the findings of an analysis as one list of items.
 * @param {object} analysis
 * @returns {readonly import("../output.js").AnalysisItem[]}
 */
const itemsOf = (analysis) =>
  limited(
    Object.entries(analysis).flatMap(([kind, items]) =>
      objects(items).map((item) => /** @type {any} */ ({ kind, item })),
    ),
  );
