// Converts a snapshot of llm-fuse to a conversation. Fields that a snapshot does not have, such as
// a model's reasoning, stay empty.
import { add, newConversation } from "../state/conversation.js";
import { itemsOf, newTurn } from "../state/turn.js";

const MAX_ITEMS = 1000;

export class TooManyItems extends Error {
  constructor(name, limit) {
    super(`The snapshot has more than ${limit} items in ${name}.`);
  }
}

/** Returns a conversation. Does not validate it, because `readConversation()` does. */
export function fromSnapshot(snapshot) {
  const { request } = snapshot;
  const conversation = newConversation();
  const messages = request.messages ?? [{ role: "user", content: request.prompt }];
  // Limit the lengths of the lists. For each item of one list, the code below searches the other
  // lists.
  const analysis_models = membersOf(snapshot);
  const { responses, failed_models, partial } = snapshot;
  const lists = { messages, analysis_models, responses, failed_models, partial };
  for (const [name, { length }] of Object.entries(lists)) {
    if (length > MAX_ITEMS) throw new TooManyItems(name, MAX_ITEMS);
  }
  for (const { role, content } of messages) {
    if (role === "user") {
      add(conversation, { ...turnOf(content, conversation.head), state: "done" });
    } else if (role === "assistant") {
      const { answer } = conversation.turns.at(-1);
      Object.assign(answer, { state: "done", content: textOf(content) });
    }
  }
  fillTurn(conversation.turns.at(-1), snapshot);
  return conversation;
}

function turnOf(content, parent) {
  const parts = typeof content === "string" ? [] : content;
  const images = parts
    .filter(({ type, image_url }) => type === "image_url" && image_url.url.startsWith("data:"))
    .map(({ image_url }) => ({ name: "picture", url: image_url.url }));
  const setup = {
    provider: "",
    host: "",
    baseURL: "",
    hasKey: false,
    isSample: false,
    budget: null,
  };
  return newTurn({ parent, question: { text: textOf(content), images }, setup });
}

function textOf(content) {
  if (typeof content === "string") return content;
  return content
    .filter(({ type }) => type === "text")
    .map(({ text }) => text)
    .join("\n");
}

function fillTurn(turn, snapshot) {
  const { request, responses, failed_models, partial, analysis, answer, activity } = snapshot;
  turn.state = snapshot.status === "completed" ? "done" : "interrupted";
  turn.took_ms = null;
  const members = membersOf(snapshot);
  const models = (members.length > 0 ? members : responses).map((spec) => spec.model ?? spec);
  turn.panel = models.map((model, index) =>
    panelistOf(index, String(model), {
      response: entryOf(index, responses),
      failure: entryOf(index, failed_models),
      partial: entryOf(index, partial),
    }),
  );
  if (analysis) {
    const { analyst, model } = request;
    const name = String(analyst?.model ?? analyst ?? model ?? "the analyst");
    Object.assign(turn.comparison, { state: "done", model: name, items: itemsOf(analysis) });
  }
  if (answer) {
    const { model, content, sources, finish_reason } = answer;
    Object.assign(turn.answer, { state: "done", model, content, sources, finish_reason });
  }
  turn.escalation = escalationOf(snapshot);
  turn.comparison.round = snapshot.escalation?.analysis_round ?? null;
  turn.activity = activity;
  turn.usage = totalUsage(activity);
  turn.snapshot = snapshot;
}

/**
 * Returns the panel of a request. If the second round of `escalate` has started, includes its
 * models.
 */
function membersOf({ request: { analysis_models = [], escalate }, escalation }) {
  const further = isEscalated(escalation) ? (escalate?.analysis_models ?? []) : [];
  return [...analysis_models, ...further];
}

const isEscalated = (escalation) => ["contradictions", "asked"].includes(escalation?.reason);

function escalationOf({ request: { analysis_models = [], escalate }, escalation }) {
  if (!escalate) return null;
  const further = escalate.analysis_models.map((spec, nth) => ({
    index: analysis_models.length + nth,
    model: spec.model ?? spec,
  }));
  const { reason = null, first_analysis } = escalation ?? {};
  const decided = isEscalated(escalation) ? "escalated" : "settled";
  const contradictions = first_analysis?.contradictions.length ?? null;
  return { status: escalation ? decided : "open", further, reason, contradictions };
}

const entryOf = (index, entries) =>
  entries.find((entry) => entry.index === index && (entry.stage ?? "panel") === "panel");

function panelistOf(index, model, { response, failure, partial }) {
  if (response) {
    const { content, sources, usage, finish_reason } = response;
    const reply = { content, sources, usage, finish_reason };
    return { index, model, served: response.model, state: "done", ...reply };
  }
  const content = partial?.content ?? "";
  if (!failure) return { index, model, state: "stopped", content };
  const { code, status_code } = failure;
  const state = code === "cancelled" ? "stopped" : "failed";
  return { index, model, content, state, error: { code, message: failure.error, status_code } };
}

function totalUsage(rows) {
  const sum = (field) => rows.reduce((total, row) => total + (row[field] ?? 0), 0);
  const unknown = rows.filter(({ cost }) => cost === null).length;
  return {
    prompt_tokens: sum("prompt_tokens"),
    completion_tokens: sum("completion_tokens"),
    cost: unknown > 0 ? null : sum("cost"),
    cost_so_far: sum("cost"),
    unknown_calls: unknown,
  };
}
