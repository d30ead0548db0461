// Makes a snapshot from a state, for fromResponse().

import { emptySnapshot } from "../snapshot.js";
import { analysisSources } from "./escalation.js";
import { objectOrNull, objects, withIndex } from "./values.js";

/**
 * @typedef {import("./index.js").FusionState} FusionState
 * @typedef {import("../output.js").FusionSnapshot} FusionSnapshot
 */

/**
 * Returns a copy of the state as a snapshot without a request.
 * @param {FusionState} state
 * @returns {FusionSnapshot}
 */
export function toSnapshot(state) {
  const { run_id, seed, analysis, answer, result } = state;
  const status = state.status === "idle" ? "waiting" : state.status;
  const responses = result ? withIndex(result.responses) : responsesOf(state);
  const escalation = escalationOf(state);
  return structuredClone({
    ...emptySnapshot({}, status),
    ...(responses.some(({ partial }) => partial) && { version: 2 }),
    ...(escalation && { version: 2, escalation }),
    run_id,
    seed,
    responses,
    failed_models: result ? withIndex(result.failed_models) : failuresOf(state),
    partial: partialOf(state),
    analysis: result ? objectOrNull(result.analysis) : analysis.result,
    analysis_sources: /** @type {any} */ (analysisSources(state)),
    answer: answer.status === "completed" ? finished(answer) : null,
    activity: result ? objects(result.activity) : [],
    ...(state.checks.length > 0 && { version: 2 }),
  });
}

/**
 * @param {FusionState} state
 * @returns {any}
 */
function escalationOf({ analysis, escalation }) {
  if (!escalation || escalation.status === "open") return undefined;
  const { reason, first_analysis } = escalation;
  const first = first_analysis ?? analysis;
  return {
    reason,
    analysis_round: analysis.round,
    compared: first.order.toSorted((a, b) => a - b),
    ...(first_analysis?.result && { first_analysis: first_analysis.result }),
  };
}

/** @param {FusionState} state @returns {any[]} */
const responsesOf = ({ panel }) =>
  panel
    .filter(({ status }) => status === "completed")
    .map(({ index, model, content, sources, usage, finish_reason, partial, error }) => {
      const answer = { index, model, content, sources, usage, finish_reason };
      return partial ? { ...answer, partial, error } : answer;
    });

/** @param {FusionState} state @returns {any[]} */
const failuresOf = ({ panel }) =>
  panel.flatMap(({ index, model, status, error }) => {
    if (status !== "failed" || !error) return [];
    const { message, code, status_code } = error;
    return [
      { index, model, error: message, code, ...(status_code !== undefined && { status_code }) },
    ];
  });

/** @param {FusionState} state */
function partialOf({ panel, answer }) {
  /** @type {FusionSnapshot["partial"]} */
  const partial = panel
    .filter(({ status, content }) => status !== "completed" && content !== "")
    .map(({ index, model, content }) => ({ stage: "panel", index, model, content }));
  if (answer.content && answer.status !== "completed") {
    partial.push({ stage: "answer", model: answer.model, content: answer.content });
  }
  return partial;
}

/** @param {FusionState["answer"]} answer @returns {any} */
function finished({ model, content, tool_calls, sources, finish_reason, message }) {
  return { model, content, tool_calls, ...(message && { message }), sources, finish_reason };
}
