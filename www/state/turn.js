// One turn as plain data: a question, who was asked, and what became of it. Events of a run are written into it, views draw it.

/** @param question `{ text, images: [{ name, url }] }`
 *  @param setup what the run was made with, without any key: `{ provider, host, baseURL, hasKey, isSample, budget }` */
export function newTurn({ parent, question, setup }) {
  return {
    id: newId(),
    parent,
    question,
    setup,
    /** running, done, stopped (by the person), failed, interrupted (by a reload) */
    state: "running",
    began: Date.now(),
    /** When the last event came. */
    last: Date.now(),
    took_ms: null,
    panel: [],
    /** idle, working, done, failed, stopped, or skipped where there was nothing to compare. `order[i]`: who sat behind label i. */
    comparison: { state: "idle", model: null, order: [], second: false, items: [], reasoning: "", tools: [], error: null, next: null },
    answer: { state: "idle", model: null, attempt: 1, content: "", reasoning: "", sources: [], finish_reason: null },
    /** The panelist whose reply is taken for the answer, by index. */
    chosen: null,
    usage: null,
    warnings: [],
    error: null,
    activity: [],
    /** llm-fuse's own, to resume from. */
    snapshot: null,
  };
}

/** Renames the fields that earlier versions of this page stored under other names. */
export function upgradeTurn(turn) {
  const panel = Array.isArray(turn?.panel) ? turn.panel : [];
  for (const part of [...panel, turn?.comparison, turn?.answer]) renameField(part, "thoughts", "reasoning");
  renameField(turn?.setup, "staged", "isSample");
  return turn;
}

function renameField(object, from, to) {
  if (!object || !Object.hasOwn(object, from)) return;
  object[to] ??= object[from];
  delete object[from];
}

/** Also where the page is served over plain http, and has no `crypto.randomUUID()`. */
export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

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
  /** Who answers, where it is a fallback. */
  served: model,
});

const ENDED = new Set(["done", "failed", "stopped"]);
export const isLive = ({ state }) => !ENDED.has(state);

/** The text that stands as the turn's answer, if there is one. */
export const usableAnswer = (turn) => (turn.chosen === null ? turn.answer.content : (turn.panel[turn.chosen]?.content ?? ""));

/** Writes an event into the turn.
 *  @returns which part has changed: an index of the panel, "comparison", "answer", or "turn" for the rest */
export function apply(turn, event) {
  turn.last = Date.now();
  const [stage] = event.type.split(".");
  if (stage === "panelist") return panelist(turn.panel[event.index], event) ?? event.index;
  if (stage === "analysis") return comparison(turn.comparison, event) ?? "comparison";
  if (stage === "answer") return answer(turn, event) ?? "answer";
  switch (event.type) {
    case "run.started":
      seat(turn, event.panel);
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

// A run that goes on keeps what a member had thought and looked up: the snapshot has only its reply.
function seat(turn, members) {
  const before = turn.panel;
  turn.panel = members.map((member) => {
    const old = before[member.index];
    const same = old?.model === member.model && old.state === "done";
    return { ...newPanelist(member), ...(same && { reasoning: old.reasoning, tools: old.tools, sources: old.sources, took_ms: old.took_ms }) };
  });
}

function panelist(member, event) {
  switch (event.type) {
    case "panelist.queued":
      member.state = "queued";
      break;
    case "panelist.started":
      Object.assign(member, { state: "waiting", served: event.model, attempt: event.attempt, took_ms: null });
      Object.assign(member, { content: "", reasoning: "", tools: [], sources: [], error: null, retry: null });
      if (event.attempt === 1) member.began = Date.now();
      break;
    case "panelist.reasoning":
      member.reasoning += event.delta;
      member.state = "thinking";
      break;
    case "panelist.delta":
      member.content += event.delta;
      member.state = "writing";
      break;
    case "panelist.tool":
      useTool(member.tools, event);
      if (event.status === "started") member.state = /fetch/.test(event.tool) ? "reading" : "searching";
      break;
    case "panelist.source":
      addSource(member.sources, event);
      break;
    case "panelist.retrying":
      member.state = "retrying";
      member.retry = { error: event.error, next_model: event.next_model ?? null, delay_ms: event.delay_ms };
      break;
    case "panelist.completed":
      Object.assign(member, { state: "done", content: event.content, usage: event.usage, finish_reason: event.finish_reason, restored: event.restored === true });
      member.took_ms = event.restored ? (member.took_ms ?? event.latency_ms) : event.latency_ms;
      break;
    case "panelist.failed":
      Object.assign(member, { state: ["cancelled", "budget_exceeded"].includes(event.error.code) ? "stopped" : "failed", error: event.error, took_ms: Date.now() - member.began });
      break;
  }
}

function comparison(found, event) {
  switch (event.type) {
    case "analysis.started":
      // The second pass marks what is there.
      if (event.pass) found.second = true;
      else Object.assign(found, { state: "working", model: event.model, order: event.order, items: [], reasoning: "", tools: [], error: null, next: null, second: false });
      break;
    case "analysis.reasoning":
      found.reasoning += event.delta;
      break;
    case "analysis.tool":
      useTool(found.tools, event);
      break;
    case "analysis.item":
      found.items.push({ kind: event.kind, item: event.item });
      break;
    case "analysis.completed":
      found.state = "done";
      found.items = KINDS.flatMap((kind) => event.analysis[kind].map((item) => ({ kind, item })));
      break;
    case "analysis.failed":
      Object.assign(found, { state: event.next ? "working" : "failed", error: event.error, next: event.next ?? null });
      break;
  }
}

export const KINDS = ["consensus", "contradictions", "partial_coverage", "unique_insights", "blind_spots"];

function answer(turn, event) {
  const { answer } = turn;
  switch (event.type) {
    case "answer.started":
      Object.assign(answer, { state: "writing", model: event.model, attempt: event.attempt, content: "", reasoning: "", sources: [] });
      // One reply, or no analyst: there was nothing to compare.
      if (turn.comparison.state === "idle") turn.comparison.state = "skipped";
      return "turn";
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
      Object.assign(answer, { state: "done", content: event.content, finish_reason: event.finish_reason });
      break;
  }
}

/** The run is over.
 *  @param state done, stopped, failed or interrupted */
export function end(turn, state, error = null, at = Date.now()) {
  Object.assign(turn, { state, error, took_ms: at - turn.began });
  for (const member of turn.panel) if (isLive(member)) Object.assign(member, { state: "stopped", took_ms: at - member.began });
  for (const part of [turn.comparison, turn.answer]) if (["working", "writing"].includes(part.state)) part.state = "stopped";
}

/** What was at work when the page was left: nothing is, in data that was read back. */
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
