// Defines one turn as plain data: the question, the panel, the comparison and the answer. `apply()`
// writes the events of a run into a turn. Views draw the turn.

import { initialState, reduce } from "llm-fuse/state";
import { checkOf, closeChecks, stopChecks } from "./checks.js";

/**
 * @param question `{ text, images: [{ name, url }] }`
 * @param setup the destination of the run, without a key: `{ provider, host, baseURL, hasKey,
 * isSample, budget }`
 */
export function newTurn({ parent, question, setup, to = null }) {
  return {
    id: newId(),
    parent,
    question,
    /** `{ turn, index, name }` if the question was put to one member of an earlier panel only. */
    to,
    setup,
    /** "running", "done", "stopped" by the person, "failed", or "interrupted" by a reload. */
    state: "running",
    began: Date.now(),
    /** Time of the last event. */
    last: Date.now(),
    took_ms: null,
    panel: [],
    comparison: newComparison(),
    answer: newAnswer(),
    /** Index of the panelist whose reply is the answer, or null for the writer. */
    chosen: null,
    usage: null,
    warnings: [],
    /** The second round of the run, see `escalationOf()`. Null if no models may join. */
    escalation: null,
    /** Groups of panelists whose models belong to one family. A group is a list of indexes. */
    kinship: [],
    /** Indexes of the disagreements that are checked after the run. */
    waitingChecks: [],
    error: null,
    activity: [],
    /** The snapshot of llm-fuse, from which a run can resume. */
    snapshot: null,
  };
}

const newComparison = () => ({
  /**
   * "idle", "working", "done", "failed", "stopped", or "skipped" if there was nothing to compare.
   */
  state: "idle",
  model: null,
  /**
   * Indexes of panelists, in the order in which the analyst saw their replies. The panelist with
   * the label A is `order[0]`.
   */
  order: [],
  /** Whether the analyst made a second pass. */
  second: false,
  /**
   * The round of the comparison: 1, or 2 after further models have joined. Null if no models may
   * join.
   */
  round: null,
  items: [],
  /**
   * Checks of disagreements: `{ index, status, tools, error }`. The status is running, completed,
   * failed, stopped or interrupted. The outcome is in `items`.
   */
  checks: [],
  reasoning: "",
  tools: [],
  error: null,
  next: null,
});

const newAnswer = () => ({
  /** "idle", "writing", "done" or "stopped". */
  state: "idle",
  model: null,
  attempt: 1,
  content: "",
  reasoning: "",
  sources: [],
  finish_reason: null,
});

const newPanelist = ({ index, model, provider }) => ({
  index,
  model,
  provider,
  /**
   * "waiting", "queued", "thinking", "searching", "reading", "writing", "retrying", "done",
   * "failed" or "stopped".
   */
  state: "waiting",
  began: Date.now(),
  took_ms: null,
  attempt: 1,
  content: "",
  reasoning: "",
  tools: [],
  sources: [],
  usage: null,
  finish_reason: null,
  error: null,
  retry: null,
  restored: false,
  /** The model that replies: `model` or one of its fallbacks. */
  served: model,
});

/** Renames the fields that earlier versions of this page stored under other names. */
export function upgradeTurn(turn) {
  const panel = Array.isArray(turn?.panel) ? turn.panel : [];
  for (const part of [...panel, turn?.comparison, turn?.answer]) {
    renameField(part, "thoughts", "reasoning");
  }
  renameField(turn?.setup, "staged", "isSample");
  return turn;
}

function renameField(object, from, to) {
  if (!object || !Object.hasOwn(object, from)) return;
  object[to] ??= object[from];
  delete object[from];
}

/**
 * Returns a new id. Works without `crypto.randomUUID()`, which pages over plain http do not have.
 */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const ENDED = new Set(["done", "failed", "stopped"]);
export const isLive = ({ state }) => !ENDED.has(state);

/** Returns the text of the turn's answer, or "". */
export function usableAnswer({ chosen, answer, panel }) {
  return chosen === null ? answer.content : (panel[chosen]?.content ?? "");
}

/** The state of each turn while its run is in progress. It is not stored. */
const states = new WeakMap();

/**
 * Writes an event into the turn.
 * @returns the changed part: an index of the panel, "comparison", "answer", or "turn" for the rest
 */
export function apply(turn, event) {
  turn.last = Date.now();
  const before = states.get(turn) ?? stateOf(turn, event.run_id);
  const state = reduce(before, event);
  states.set(turn, state);
  const [stage] = event.type.split(".");
  switch (stage) {
    case "panelist":
      if (!turn.panel[event.index]) return "turn";
      showPanelist(turn.panel[event.index], memberOf(state, event.index), event);
      return event.index;
    case "analysis":
    case "verification":
      showComparison(turn.comparison, state);
      return "comparison";
    case "answer":
      showAnswer(turn.answer, state.answer);
      if (event.type !== "answer.started") return "answer";
      // If the second comparison has not started, show the first comparison again.
      if (turn.escalation) showComparison(turn.comparison, state);
      // The run had only one reply, or its request has no analyst, so there was no comparison.
      if (turn.comparison.state === "idle") turn.comparison.state = "skipped";
      return "turn";
  }
  if (event.type === "run.started") fillPanel(turn, state.panel);
  if (event.type === "panel.escalated") addPanelists(turn, state.panel);
  // If a run fails, `end()` sets the states of the turn's parts, because only the page knows
  // whether the person stopped the run.
  if (event.type === "run.completed") showResult(turn, state);
  const { usage, warnings } = state;
  Object.assign(turn, { usage, warnings, escalation: escalationOf(state) });
  return "turn";
}

/**
 * Writes an event of a run that only checks disagreements. Such a run keeps the replies, the
 * findings and the answer, so the events that restore them are ignored.
 * @returns the changed part, see `apply()`
 */
export function applyCheck(turn, event) {
  const state = reduce(states.get(turn) ?? stateOf(turn, event.run_id), event);
  states.set(turn, state);
  const { comparison } = turn;
  if (event.type.startsWith("verification.")) {
    const checks = state.checks.map(checkOf);
    const isOther = ({ index }) => checks.every((check) => check.index !== index);
    comparison.checks = [...(comparison.checks ?? []).filter(isOther), ...checks];
    if (event.checked) comparison.items = withChecked(comparison.items, event);
    return "comparison";
  }
  if (event.type === "run.completed") turn.activity = state.result.activity;
  if (state.usage) turn.usage = state.usage;
  return "turn";
}

function withChecked(items, { index, checked }) {
  const at = items.filter(({ kind }) => kind === "contradictions")[index];
  return items.map((found) =>
    found === at ? { ...found, item: { ...found.item, checked } } : found,
  );
}

/**
 * Ends a run that only checks disagreements.
 * @param indexes the disagreements that were to be checked
 */
export function endCheck(turn, indexes, state, error) {
  states.delete(turn);
  turn.last = Date.now();
  closeChecks(turn.comparison, { indexes, state, error });
}

const memberOf = ({ panel }, index) => panel.find((member) => member.index === index);

/**
 * Returns the data about the second round that the page shows: `{ status, further, reason,
 * contradictions }`.
 */
function escalationOf({ escalation }) {
  if (!escalation) return null;
  const { status, reason, contradictions } = escalation;
  const further = escalation.further.map(({ index, model }) => ({ index, model }));
  return { status, further, reason, contradictions };
}

/**
 * Returns the state with which a resumed run continues. A resumed run keeps the id of the earlier
 * run.
 */
function stateOf({ panel, comparison }, run_id = "") {
  const start = initialState();
  const { model, order, second, round = null, reasoning, tools } = comparison;
  const status = (part) => (part.state === "done" ? "completed" : "stopped");
  return {
    ...start,
    run_id,
    panel: panel.map((panelist) => ({ ...panelist, status: status(panelist) })),
    analysis: {
      ...start.analysis,
      ...{ status: status(comparison), model, order, round, reasoning, tools },
      pass: second ? 2 : 1,
    },
  };
}

function fillPanel(turn, panel) {
  const before = turn.panel;
  // In a resumed run, a panelist of the second round that has answered is known at the start. If
  // panelists before it are still unknown, leave it out for now.
  const known = panel.filter(({ index }, nth) => index === nth);
  turn.panel = known.map((state) => {
    const old = before[state.index];
    const isKept = old?.model === state.model && old.state === "done";
    const { reasoning, tools, sources } = state;
    const took_ms = isKept ? old.took_ms : null;
    return { ...newPanelist(state), reasoning, tools, sources, took_ms };
  });
}

/** Adds the panelists that the run asks later. */
function addPanelists(turn, panel) {
  const added = panel.filter(({ index }) => index >= turn.panel.length);
  added.sort((a, b) => a.index - b.index);
  const viewOf = (state) => {
    const panelist = newPanelist(state);
    const { reasoning, tools, sources } = state;
    return { ...panelist, reasoning, tools, sources };
  };
  turn.panel = [...turn.panel, ...added.map(viewOf)];
}

function showPanelist(panelist, state, event) {
  const { content, reasoning, tools, sources, attempt, usage, finish_reason, error } = state;
  Object.assign(panelist, { content, reasoning, tools, sources, attempt, usage, finish_reason });
  Object.assign(panelist, { error, state: panelistState(state), restored: state.restored });
  panelist.served = state.model_used;
  panelist.retry = state.retry && {
    error: state.retry.error,
    next_model: state.retry.model === state.model_used ? null : state.retry.model,
    delay_ms: state.retry.delay_ms,
  };
  if (event.type === "panelist.started") {
    panelist.took_ms = null;
    if (attempt === 1) panelist.began = Date.now();
  } else if (event.type === "panelist.completed") {
    const { latency_ms } = state;
    panelist.took_ms = state.restored ? (panelist.took_ms ?? latency_ms) : latency_ms;
  } else if (event.type === "panelist.failed") {
    panelist.took_ms = Date.now() - panelist.began;
  }
}

function panelistState({ status, error, tools }) {
  if (status === "calling_tool") return /fetch/.test(tools.at(-1)?.tool) ? "reading" : "searching";
  if (status === "failed") return isStop(error) ? "stopped" : "failed";
  return { started: "waiting", completed: "done" }[status] ?? status;
}

const isStop = ({ code }) => ["cancelled", "budget_exceeded"].includes(code);

const PART_STATES = { completed: "done", running: "working" };

function showComparison(comparison, { analysis, checks }) {
  const { status, pass, model, order, round, items, reasoning, tools, error, next } = analysis;
  Object.assign(comparison, { model, order, round, items, reasoning, tools, error, next });
  comparison.checks = checks.map(checkOf);
  comparison.state = PART_STATES[status] ?? status;
  comparison.second = pass === 2;
}

function showAnswer(answer, state) {
  const { model, attempt, content, reasoning, sources, finish_reason } = state;
  Object.assign(answer, { model, attempt, content, reasoning, sources, finish_reason });
  answer.state = { completed: "done", running: "writing" }[state.status] ?? state.status;
}

/** Shows the result. Only the result contains the sources of a restored reply. */
function showResult(turn, { panel, result }) {
  turn.activity = result.activity;
  turn.kinship = result.kinship?.panel ?? [];
  for (const { index, sources } of panel) {
    if (turn.panel[index]) turn.panel[index].sources = sources;
  }
}

export const KINDS = [
  "consensus",
  "contradictions",
  "partial_coverage",
  "unique_insights",
  "blind_spots",
];

/** Returns an analysis as one list of `{ kind, item }`. */
export const itemsOf = (analysis) =>
  KINDS.flatMap((kind) => analysis[kind].map((item) => ({ kind, item })));

/**
 * Ends the turn, and every part that is still running.
 * @param state done, stopped, failed or interrupted
 */
export function end(turn, state, error = null, at = Date.now()) {
  Object.assign(turn, { state, error, took_ms: at - turn.began });
  states.delete(turn);
  for (const panelist of turn.panel) {
    if (isLive(panelist)) {
      Object.assign(panelist, { state: "stopped", took_ms: at - panelist.began });
    }
  }
  for (const part of [turn.comparison, turn.answer]) {
    if (["working", "writing"].includes(part.state)) part.state = "stopped";
  }
  stopChecks(turn.comparison);
}

/** Ends a stored turn that was running when its page was closed. */
export function interrupt(turn) {
  if (turn.state === "running") end(turn, "interrupted", null, turn.last);
  else stopChecks(turn.comparison, "interrupted");
}
