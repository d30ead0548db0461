// A snapshot of llm-fuse, from wherever it was made, as a conversation. What it does not have, such as what was thought, is left empty.
import { add, newConversation } from "../state/conversation.js";
import { KINDS, newTurn } from "../state/turn.js";

/** Not yet read with care: that is for `readConversation()`. */
export function fromSnapshot(snapshot) {
  const { request } = snapshot;
  const conversation = newConversation();
  const messages = request.messages ?? [{ role: "user", content: request.prompt }];
  for (const { role, content } of messages) {
    if (role === "user") add(conversation, { ...asked(content, conversation.head), state: "done" });
    if (role === "assistant") Object.assign(conversation.turns.at(-1).answer, { state: "done", content: words(content) });
  }
  fill(conversation.turns.at(-1), snapshot);
  return conversation;
}

function asked(content, parent) {
  const images = typeof content === "string" ? [] : content.filter(({ type }) => type === "image_url").map(({ image_url }) => ({ name: "picture", url: image_url.url }));
  const setup = { provider: "", host: "", baseURL: "", hasKey: false, isSample: false, budget: null };
  return newTurn({ parent, question: { text: words(content), images: images.filter(({ url }) => url.startsWith("data:")) }, setup });
}

const words = (content) => (typeof content === "string" ? content : content.filter(({ type }) => type === "text").map(({ text }) => text).join("\n"));

function fill(turn, snapshot) {
  const { request, responses, failed_models, partial, analysis, answer, activity, status } = snapshot;
  const models = (request.analysis_models ?? responses).map((spec) => spec.model ?? spec);
  turn.state = status === "completed" ? "done" : "interrupted";
  turn.took_ms = null;
  turn.panel = models.map((model, index) => member(index, String(model), { response: by(index, responses), failure: by(index, failed_models), part: by(index, partial) }));
  if (analysis) {
    Object.assign(turn.comparison, { state: "done", model: String(request.analyst?.model ?? request.analyst ?? request.model ?? "the analyst") });
    turn.comparison.items = KINDS.flatMap((kind) => analysis[kind].map((item) => ({ kind, item })));
  }
  if (answer) Object.assign(turn.answer, { state: "done", model: answer.model, content: answer.content, sources: answer.sources, finish_reason: answer.finish_reason });
  turn.activity = activity;
  turn.usage = sums(activity);
  turn.snapshot = snapshot;
}

const by = (index, entries) => entries.find((entry) => entry.index === index && (entry.stage ?? "panel") === "panel");

function member(index, model, { response, failure, part }) {
  if (response) return { index, model, served: response.model, state: "done", content: response.content, sources: response.sources, usage: response.usage, finish_reason: response.finish_reason };
  if (failure) return { index, model, content: part?.content ?? "", state: failure.code === "cancelled" ? "stopped" : "failed", error: { code: failure.code, message: failure.error, status_code: failure.status_code } };
  return { index, model, state: "stopped", content: part?.content ?? "" };
}

function sums(rows) {
  const sum = (field) => rows.reduce((total, row) => total + (row[field] ?? 0), 0);
  const unknown = rows.filter(({ cost }) => cost === null).length;
  return { prompt_tokens: sum("prompt_tokens"), completion_tokens: sum("completion_tokens"), cost: unknown > 0 ? null : sum("cost"), cost_so_far: sum("cost"), unknown_calls: unknown };
}
