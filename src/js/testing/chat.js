// Writes a scripted answer as Chat Completions with OpenRouter's additions.

/**
 * @param {import("./script.js").Answer} answer
 * @returns {Generator<import("./stream.js").Frame, void>}
 */
export function* frames(answer) {
  const { id, model, delay, stall, cut, error, usage } = answer;
  const head = { id, object: "chat.completion.chunk", created: 0, model };
  /** @param {object} delta @param {string | null} finish_reason */
  const chunk = (delta, finish_reason = null) => {
    const choice = { index: 0, delta: { role: "assistant", content: "", ...delta }, finish_reason };
    return { ...head, choices: [choice] };
  };

  for (const reasoning of answer.reasoning) yield { delay_ms: delay(), data: chunk({ reasoning }) };
  for (const tool of answer.tools) {
    const data = chunk({ reasoning_details: [serverToolCall(tool)] });
    yield { delay_ms: tool.delay_ms ?? delay(), data };
  }
  for (const content of answer.text) yield { delay_ms: delay(), data: chunk({ content }) };
  if (answer.sources.length > 0) yield { data: chunk({ annotations: citations(answer.sources) }) };
  for (const [index, { id, name, arguments: text }] of answer.tool_calls.entries()) {
    const call = { index, id, type: "function", function: { name, arguments: text } };
    yield { delay_ms: delay(), data: chunk({ tool_calls: [call] }) };
  }
  if (stall || cut) return;
  if (error) return yield { data: { ...chunk({}, "error"), error } };
  yield { data: chunk({}, answer.finish_reason) };
  if (usage) yield { data: { ...head, choices: [], usage: toUsage(usage) } };
  yield { data: "[DONE]" };
}

/** @param {any} error */
export const errorBody = (error) => ({ error });

/** @param {{ url: string, title: string }[]} sources */
const citations = (sources) =>
  sources.map((source) => ({ type: "url_citation", url_citation: source }));

/** @param {any} tool */
function serverToolCall({ id, name, input, failed }) {
  return {
    type: "reasoning.server_tool_call",
    tool_name: name,
    tool_call_id: id,
    arguments: JSON.stringify(input),
    result: JSON.stringify({ status: failed ? "failed" : "ok" }),
    id: null,
    format: null,
    index: 0,
  };
}

/** @param {any} usage */
function toUsage({ prompt_tokens = 0, completion_tokens = 0, reasoning_tokens = 0, ...more }) {
  const total_tokens = prompt_tokens + completion_tokens;
  const completion_tokens_details = { reasoning_tokens };
  return { prompt_tokens, completion_tokens, total_tokens, completion_tokens_details, ...more };
}
