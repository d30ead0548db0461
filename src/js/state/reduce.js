// The reducer of a run's events. fromResponse() makes snapshots from its state, the handler makes
// responses from the state, and the demo page shows the state.

import { completed, newAnalysis } from "./analysis.js";
import { newAnswer, reduceAnswer, resumedAnswer, withResult } from "./answer.js";
import {
  endedChecks,
  evidenceOf,
  reduceChecks,
  withChecked,
  withCheckedSources,
  withFinalChecks,
} from "./checks.js";
import {
  analysesOf,
  analysisOfAnswer,
  newEscalation,
  resumedComparison,
  resumedEscalation,
  toAnalysis,
  toEscalation,
} from "./escalation.js";
import { isLive, newPanelist, reducePanelist, resumedPanelist, withResponse } from "./panelist.js";
import {
  append,
  isIndex,
  isObject,
  keep,
  MAX_ITEMS,
  numberOrNull,
  objectOrNull,
  text,
  textOrNull,
  update,
  withIndex,
  withSource,
} from "./values.js";

/**
 * @typedef {import("./index.js").FusionState} FusionState
 * @typedef {import("./index.js").PanelistState} PanelistState
 * @typedef {import("../output.js").FusionEvent} FusionEvent
 */

/** @type {FusionState} */
const INITIAL = Object.freeze({
  status: "idle",
  run_id: "",
  seed: null,
  analyst: null,
  writer: "",
  panel: Object.freeze([]),
  analysis: newAnalysis,
  escalation: null,
  checks: Object.freeze([]),
  answer: newAnswer,
  tool_counts: Object.freeze({ web_search: 0, web_fetch: 0 }),
  usage: null,
  warnings: Object.freeze([]),
  error: null,
  result: null,
});

/** @type {typeof import("./index.js").initialState} */
export const initialState = () => INITIAL;

/** @type {(state: FusionState, event: any) => FusionState} */
export function reduce(state, event) {
  const type = text(event?.type);
  if (type.startsWith("panelist.")) return countTool(toPanelist(state, event), event);
  if (type.startsWith("analysis.")) {
    const next = countTool(toAnalysis(state, event), event);
    // The checks belong to the analysis before. A resumed run may still have them.
    return type === "analysis.started" ? withoutChecks(next) : next;
  }
  if (type.startsWith("verification.")) return countTool(toCheck(state, event), event);
  if (type.startsWith("answer.")) return toAnswer(state, event);
  switch (type) {
    case "run.started":
      return startRun(state, event);
    case "panel.escalated":
    case "panel.settled":
      return toEscalation(state, event);
    case "usage":
      return isObject(event.usage) ? update(state, { usage: event.usage }) : state;
    case "warning":
      return warn(state, { code: text(event.code), message: text(event.message) });
    case "run.completed":
      return isObject(event.result) ? completeRun(state, event.result) : state;
    case "run.failed":
      return update(withoutLiveParts(state), {
        status: "failed",
        error: keep(state.error, objectOrNull(event.error)),
      });
    default:
      return state;
  }
}

/**
 * Adds a warning. A resumed run may repeat a warning that the state already has.
 * @param {FusionState} state
 * @param {import("./index.js").FusionWarning} warning
 */
function warn(state, warning) {
  const { warnings } = state;
  const isKnown = warnings.some(
    ({ code, message }) => code === warning.code && message === warning.message,
  );
  return isKnown ? state : update(state, { warnings: append(warnings, warning) });
}

/** Warnings about panelists without an answer. */
const OF_PANEL = ["one_response", "degraded_panel"];

/**
 * Returns the state without the warnings about the panel. The run emits them again if they apply.
 * @param {FusionState} state
 */
function withoutPanelWarnings(state) {
  const warnings = state.warnings.filter(({ code }) => !OF_PANEL.includes(code));
  return warnings.length < state.warnings.length ? update(state, { warnings }) : state;
}

/**
 * Returns the state at the start of a run. A stream may contain several starts. For example, a
 * server that lost its run may resume this run and report all events again.
 *
 * The state of a resumed run keeps what the events of this run do not repeat. What these events
 * report again is empty until they arrive.
 * @param {FusionState} before
 * @param {any} event
 * @returns {FusionState}
 */
function startRun(before, event) {
  const run_id = text(event.run_id);
  const isResumed = run_id !== "" && run_id === before.run_id;
  const panel = withIndex(event.panel).slice(0, MAX_ITEMS).map(newPanelist);
  const escalation = newEscalation(event.further);
  const resumed = resumedEscalation(escalation, before);
  return {
    ...INITIAL,
    status: "running",
    run_id,
    seed: numberOrNull(event.seed),
    analyst: textOrNull(event.analyst),
    writer: text(event.writer),
    panel,
    escalation,
    ...(isResumed && {
      panel: [
        ...panel.map((member) => resumedPanelist(member, panelistAt(before, member.index))),
        ...resumed.answered,
      ],
      escalation: resumed.escalation,
      analysis: resumedComparison(before),
      checks: endedChecks(before.checks),
      answer: resumedAnswer(before.answer),
      tool_counts: before.tool_counts,
      usage: before.usage,
      warnings: (isSamePanel(before, panel) ? before : withoutPanelWarnings(before)).warnings,
    }),
  };
}

/**
 * Returns whether a resumed run has the panelists of the earlier run.
 * @param {FusionState} before
 * @param {readonly PanelistState[]} panel
 */
function isSamePanel({ panel: earlier, escalation }, panel) {
  const isFirst = (/** @type {PanelistState} */ { index }) =>
    !escalation?.further.some((member) => member.index === index);
  const first = earlier.filter(isFirst);
  return first.length === panel.length && panel.every(({ model }, i) => model === first[i]?.model);
}

/** @param {FusionState} state @param {any} event @returns {FusionState} */
function toPanelist(state, event) {
  const next = withPanelist(state, event, (panelist) => reducePanelist(panelist, event));
  // A panelist that was asked again may have been missing before.
  const isNewAnswer = event.type === "panelist.completed" && event.restored !== true;
  const isFurther = state.escalation?.further.some(({ index }) => index === event.index);
  return isNewAnswer && !isFurther ? withoutPanelWarnings(next) : next;
}

/**
 * Changes one panelist. If no event has named the panelist before, adds it to the panel.
 * @param {FusionState} state
 * @param {any} member has at least its index
 * @param {(panelist: PanelistState) => PanelistState} change
 * @returns {FusionState}
 */
function withPanelist(state, member, change) {
  const { panel } = state;
  const { index } = member;
  if (!isIndex(index)) return state;
  const at = panel[index]?.index === index ? index : panel.findIndex((p) => p.index === index);
  const before = panel[at] ?? newPanelist(member);
  const after = change(before);
  if (after === before) return state;
  return update(state, { panel: at === -1 ? append(panel, after) : panel.with(at, after) });
}

/**
 * Returns a panelist by its index.
 * @param {FusionState} state
 * @param {number} index
 */
export const panelistAt = ({ panel }, index) =>
  panel[index]?.index === index ? panel[index] : panel.find((p) => p.index === index);

/** @param {FusionState} state @param {any} event @returns {FusionState} */
function toCheck(state, event) {
  const checks = reduceChecks(state.checks, event);
  const analysis = withCheckedSources(withChecked(state.analysis, event), checks, event);
  return update(state, { checks, analysis });
}

/** @param {FusionState} state @param {any} event @returns {FusionState} */
function toAnswer(state, event) {
  const answer = reduceAnswer(state.answer, event);
  // A restored answer has no `answer.started`.
  const isAnswered = event.type === "answer.started" || event.type === "answer.completed";
  const analysis = isAnswered ? analysisOfAnswer(state) : state.analysis;
  const next = update(state, { answer, analysis });
  return analysis.status === "skipped" ? withoutChecks(next) : next;
}

/** @param {FusionState} state */
const withoutChecks = (state) =>
  state.checks.length > 0 ? update(state, { checks: INITIAL.checks }) : state;

const TOOLS = new Set(["panelist.tool", "analysis.tool", "verification.tool"]);

/** @param {FusionState} state @param {any} event @returns {FusionState} */
function countTool(state, { type, tool, status }) {
  if (!TOOLS.has(type) || status === "started" || typeof tool !== "string") return state;
  const { web_search, web_fetch } = state.tool_counts;
  return update(state, {
    tool_counts: update(state.tool_counts, {
      web_search: web_search + Number(tool.endsWith("web_search")),
      web_fetch: web_fetch + Number(tool.endsWith("web_fetch")),
    }),
  });
}

/** @param {FusionState} state @param {any} result @returns {FusionState} */
function completeRun(state, result) {
  let next = state;
  for (const response of withIndex(result.responses).slice(0, MAX_ITEMS)) {
    next = withPanelist(next, response, (panelist) => withResponse(panelist, response));
  }
  for (const failed of withIndex(result.failed_models).slice(0, MAX_ITEMS)) {
    next = withPanelist(next, failed, (panelist) => withFailure(panelist, failed));
  }
  next = withoutLiveParts(next);
  return {
    ...next,
    checks: withFinalChecks(next.checks, result.analysis),
    status: "completed",
    analysis: withFinalAnalysis(next.analysis, result.analysis),
    answer: withResult(next.answer, result),
    usage: keep(next.usage, objectOrNull(result.usage) ?? next.usage),
    result,
  };
}

/** @param {PanelistState} panelist @param {any} failed @returns {PanelistState} */
function withFailure(panelist, { error: message, code, status_code }) {
  if (panelist.status === "failed") return panelist;
  const status = status_code !== undefined && { status_code };
  return { ...panelist, status: "failed", error: { code, message: text(message), ...status } };
}

/** @param {FusionState["analysis"]} analysis @param {unknown} final */
function withFinalAnalysis(analysis, final) {
  // The events have already reported the analysis, unless the stream began after them.
  if (!isObject(final) || analysis.status === "completed") return analysis;
  return completed(analysis, { analysis: final });
}

/**
 * Marks the unfinished parts of an ended run as `stopped`.
 * @param {FusionState} state
 */
function withoutLiveParts(state) {
  const { panel, analysis, checks, answer } = state;
  const ended = panel.map((p) => (isLive(p) ? { ...p, status: "stopped", retry: null } : p));
  const stopped = /** @type {const} */ ({ status: "stopped" });
  return update(state, {
    panel: panel.some(isLive) ? ended : panel,
    analysis: analysis.status === "running" ? update(analysis, stopped) : analysis,
    checks: endedChecks(checks),
    answer: answer.status === "running" ? update(answer, stopped) : answer,
  });
}

/** @type {typeof import("./index.js").sourcesOf} */
export function sourcesOf(state) {
  const { panel, analysis, answer } = state;
  const responses = panel.filter(({ status }) => status === "completed");
  const checked = { sources: evidenceOf(analysis.result) };
  const lists = [...responses, ...analysesOf(state), checked, answer];
  /** @type {readonly import("../output.js").Source[]} */
  let sources = [];
  for (const source of lists.flatMap((part) => part.sources)) sources = withSource(sources, source);
  return [...sources];
}
