// One turn as plain data: the question, the panel, the comparison and the answer. `apply()` updates
// a turn from the events of a run, and views draw it.

/**
 * @param question `{ text, images: [{ name, url }] }`
 * @param setup where the run was sent, without a key:
 *   `{ provider, host, baseURL, hasKey, isSample, budget }`
 */
export function newTurn({ parent, question, setup }) {
  return {
    id: newId(),
    parent,
    question,
    setup,
    /** running, done, stopped (by the person), failed, interrupted (by a reload) */
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
    error: null,
    activity: [],
    /** The snapshot of llm-fuse, to resume from. */
    snapshot: null,
  };
}

const newComparison = () => ({
  /** idle, working, done, failed, stopped, or skipped (nothing to compare) */
  state: "idle",
  model: null,
  /** `order[i]` is the panelist behind label i. */
  order: [],
  /** Whether there was a second pass. */
  second: false,
  items: [],
  reasoning: "",
  tools: [],
  error: null,
  next: null,
});

const newAnswer = () => ({
  /** idle, writing, done, stopped */
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
  /** waiting, queued, thinking, searching, reading, writing, retrying, done, failed, stopped */
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
  /** The model that replies: `model`, or a fallback. */
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
 * Returns a new id. Does not use `crypto.randomUUID()`, because pages served over plain http do not
 * have it.
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

/**
 * Writes an event into the turn.
 * @returns the changed part: an index of the panel, "comparison", "answer", or "turn" for the rest
 */
export function apply(turn, event) {
  turn.last = Date.now();
  const [stage] = event.type.split(".");
  if (stage === "panelist") return applyToPanelist(turn.panel[event.index], event);
  if (stage === "analysis") return applyToComparison(turn.comparison, event);
  if (stage === "answer") return applyToAnswer(turn, event);
  switch (event.type) {
    case "run.started":
      fillPanel(turn, event.panel);
      break;
    case "usage":
      turn.usage = event.usage;
      break;
    case "warning":
      turn.warnings.push({ code: event.code, message: event.message });
      break;
    case "run.completed":
      turn.usage = event.result.usage;
      turn.activity = event.result.activity;
      for (const { index, sources } of event.result.responses) turn.panel[index].sources = sources;
      break;
  }
  return "turn";
}

/**
 * Keeps the reasoning and tools of replies in a resumed run, because the snapshot has only the
 * replies.
 */
function fillPanel(turn, members) {
  const before = turn.panel;
  turn.panel = members.map((member) => {
    const old = before[member.index];
    if (old?.model !== member.model || old.state !== "done") return newPanelist(member);
    const { reasoning, tools, sources, took_ms } = old;
    return { ...newPanelist(member), reasoning, tools, sources, took_ms };
  });
}

// This function is long because it has one case for each type of event.
function applyToPanelist(panelist, event) {
  switch (event.type) {
    case "panelist.queued":
      panelist.state = "queued";
      break;
    case "panelist.started":
      startAttempt(panelist, event);
      break;
    case "panelist.reasoning":
      panelist.reasoning += event.delta;
      panelist.state = "thinking";
      break;
    case "panelist.delta":
      panelist.content += event.delta;
      panelist.state = "writing";
      break;
    case "panelist.tool":
      useTool(panelist.tools, event);
      if (event.status !== "started") break;
      panelist.state = /fetch/.test(event.tool) ? "reading" : "searching";
      break;
    case "panelist.source":
      addSource(panelist.sources, event);
      break;
    case "panelist.retrying":
      panelist.state = "retrying";
      panelist.retry = {
        error: event.error,
        next_model: event.next_model ?? null,
        delay_ms: event.delay_ms,
      };
      break;
    case "panelist.completed":
      complete(panelist, event);
      break;
    case "panelist.failed":
      panelist.state = isStop(event.error) ? "stopped" : "failed";
      panelist.error = event.error;
      panelist.took_ms = Date.now() - panelist.began;
      break;
  }
  return event.index;
}

const isStop = ({ code }) => ["cancelled", "budget_exceeded"].includes(code);

function startAttempt(panelist, { model, attempt }) {
  Object.assign(panelist, { state: "waiting", served: model, attempt, took_ms: null });
  Object.assign(panelist, { content: "", reasoning: "", tools: [], sources: [] });
  Object.assign(panelist, { error: null, retry: null });
  if (attempt === 1) panelist.began = Date.now();
}

function complete(panelist, { content, usage, finish_reason, restored, latency_ms }) {
  Object.assign(panelist, { state: "done", content, usage, finish_reason });
  panelist.restored = restored === true;
  panelist.took_ms = restored ? (panelist.took_ms ?? latency_ms) : latency_ms;
}

function applyToComparison(comparison, event) {
  switch (event.type) {
    case "analysis.started":
      // The second pass checks the items of the first one.
      if (event.pass) comparison.second = true;
      else {
        const { model, order } = event;
        Object.assign(comparison, newComparison(), { state: "working", model, order });
      }
      break;
    case "analysis.reasoning":
      comparison.reasoning += event.delta;
      break;
    case "analysis.tool":
      useTool(comparison.tools, event);
      break;
    case "analysis.item":
      comparison.items.push({ kind: event.kind, item: event.item });
      break;
    case "analysis.completed":
      comparison.state = "done";
      comparison.items = itemsOf(event.analysis);
      break;
    case "analysis.failed":
      comparison.state = event.next ? "working" : "failed";
      comparison.error = event.error;
      comparison.next = event.next ?? null;
      break;
  }
  return "comparison";
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

function applyToAnswer(turn, event) {
  const { answer } = turn;
  switch (event.type) {
    case "answer.started": {
      const { model, attempt } = event;
      Object.assign(answer, { state: "writing", model, attempt });
      Object.assign(answer, { content: "", reasoning: "", sources: [] });
      // There was only one reply, or no analyst.
      if (turn.comparison.state === "idle") turn.comparison.state = "skipped";
      return "turn";
    }
    case "answer.reasoning":
      answer.reasoning += event.delta;
      break;
    case "answer.delta":
      answer.content += event.delta;
      break;
    case "answer.source":
      addSource(answer.sources, event);
      break;
    case "answer.completed":
      answer.state = "done";
      answer.content = event.content;
      answer.finish_reason = event.finish_reason;
      break;
  }
  return "answer";
}

/**
 * Ends the turn, and every part that is still running.
 * @param state done, stopped, failed or interrupted
 */
export function end(turn, state, error = null, at = Date.now()) {
  Object.assign(turn, { state, error, took_ms: at - turn.began });
  for (const panelist of turn.panel) {
    if (isLive(panelist)) {
      Object.assign(panelist, { state: "stopped", took_ms: at - panelist.began });
    }
  }
  for (const part of [turn.comparison, turn.answer]) {
    if (["working", "writing"].includes(part.state)) part.state = "stopped";
  }
}

/** Ends a stored turn that was running when its page was closed. */
export function interrupt(turn) {
  if (turn.state === "running") end(turn, "interrupted", null, turn.last);
}

function useTool(tools, { tool, status, input, summary }) {
  const known = tools.findLast((used) => used.tool === tool && used.input === input);
  if (known && status !== "started") Object.assign(known, { status, summary });
  else tools.push({ tool, input, status, summary });
}

function addSource(sources, { url, title }) {
  if (!sources.some((source) => source.url === url)) sources.push({ url, title });
}
