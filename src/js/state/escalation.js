// The state of `escalate`: the further panelists, and the analyses of both rounds.

import { newAnalysis, reduceAnalysis, resumedAnalysis } from "./analysis.js";
import { newPanelist, resumedPanelist } from "./panelist.js";
import {
  append,
  MAX_ITEMS,
  numberOrNull,
  objectOrNull,
  text,
  update,
  withIndex,
  withSource,
} from "./values.js";

/**
 * @typedef {import("./index.js").FusionState} FusionState
 * @typedef {import("./index.js").AnalysisState} AnalysisState
 * @typedef {import("./index.js").EscalationState} EscalationState
 * @typedef {import("./index.js").PanelistState} PanelistState
 */

/**
 * Returns the state at the start of a run. Returns `null` without `escalate`.
 * @param {unknown} further
 * @returns {EscalationState | null}
 */
export function newEscalation(further) {
  if (!Array.isArray(further)) return null;
  const members = withIndex(further).slice(0, MAX_ITEMS);
  return {
    status: "open",
    further: members.map(({ index, model, provider }) => {
      return { index, model: text(model), provider: text(provider) };
    }),
    reason: null,
    contradictions: null,
    first_analysis: null,
  };
}

/**
 * Returns the state of the escalation at the start of a resumed run, and the further panelists that
 * have already answered. These panelists and the first analysis keep their reasoning, tools and
 * sources.
 * @param {EscalationState | null} escalation
 * @param {FusionState} before
 */
export function resumedEscalation(escalation, before) {
  const first = before.escalation?.first_analysis;
  const answered = (escalation?.further ?? []).flatMap((member) => {
    const earlier = before.panel.find(({ index }) => index === member.index);
    const isKept = earlier?.status === "completed" && earlier.model === member.model;
    return isKept ? [resumedPanelist(newPanelist(member), earlier)] : [];
  });
  const first_analysis = first ? resumedAnalysis(first) : null;
  return { escalation: escalation && { ...escalation, first_analysis }, answered };
}

/**
 * Returns the analysis at the start of a resumed run. If the second analysis has not ended, the
 * resumed run first restores the first analysis.
 * @param {FusionState} before
 */
export function resumedComparison({ analysis, escalation }) {
  const first = escalation?.first_analysis;
  const isCut = analysis.status === "running" || analysis.status === "stopped";
  return resumedAnalysis(first && isCut ? first : analysis);
}

/**
 * Applies `panel.escalated` and `panel.settled`.
 * @param {FusionState} state
 * @param {any} event
 * @returns {FusionState}
 */
export function toEscalation(state, event) {
  const isEscalated = event.type === "panel.escalated";
  const members = isEscalated ? withIndex(event.panel) : [];
  // If the stream began after `run.started`, no earlier event has named the further panelists.
  const known = state.escalation ?? newEscalation(members);
  const escalation = /** @type {EscalationState} */ (known);
  /** @type {readonly PanelistState[]} */
  let panel = state.panel;
  for (const member of members) {
    const isNew = panel.every(({ index }) => index !== member.index);
    if (isNew) panel = append(panel, newPanelist(member));
  }
  const first = state.analysis.round === 2 ? escalation.first_analysis : state.analysis;
  return update(state, {
    panel,
    escalation: {
      ...escalation,
      status: isEscalated ? "escalated" : "settled",
      reason: text(event.reason),
      contradictions: numberOrNull(event.contradictions),
      first_analysis: isEscalated ? first : null,
    },
  });
}

/**
 * Applies an event of the analysis. If the second analysis fails, the first analysis applies.
 * @param {FusionState} state
 * @param {any} event
 * @returns {FusionState}
 */
export function toAnalysis(state, event) {
  const { analysis, escalation } = state;
  // In the state of a resumed run, `analysis` may already be the second analysis. An event of the
  // first round must then change `first_analysis`.
  if (event.round === 1 && analysis.round === 2 && escalation) {
    const first = reduceAnalysis(escalation.first_analysis ?? newAnalysis, event);
    return update(state, { escalation: update(escalation, { first_analysis: first }) });
  }
  const first = escalation?.first_analysis;
  const stands = event.type === "analysis.failed" && event.round === 2 && !event.next;
  if (stands && first?.status === "completed") {
    return update(state, { analysis: update(first, { error: objectOrNull(event.error) }) });
  }
  return update(state, { analysis: reduceAnalysis(analysis, event) });
}

/**
 * Returns the analysis that the writer gets. If the second analysis has not started, this is the
 * first analysis.
 * @param {FusionState} state
 * @returns {AnalysisState}
 */
export function analysisOfAnswer({ analysis, escalation }) {
  if (analysis.status !== "idle") return analysis;
  const first = escalation?.first_analysis;
  if (first?.status === "completed") return first;
  // No analysis was made, because there was only one answer or the request has no analyst.
  return update(analysis, { status: "skipped" });
}

/**
 * Returns the analyses that did not fail, in the order of the rounds. Their sources are sources of
 * the run.
 * @param {FusionState} state
 * @returns {AnalysisState[]}
 */
export function analysesOf({ analysis, escalation }) {
  const first = escalation?.first_analysis;
  const isOther = first && analysis.round === 2;
  const analyses = isOther ? [first, analysis] : [analysis];
  return analyses.filter(({ status }) => status !== "failed");
}

/**
 * Returns the sources of both analyses, each URL once.
 * @param {FusionState} state
 */
export function analysisSources(state) {
  /** @type {readonly import("../output.js").Source[]} */
  let sources = [];
  for (const source of analysesOf(state).flatMap((analysis) => analysis.sources)) {
    sources = withSource(sources, source);
  }
  return sources;
}
