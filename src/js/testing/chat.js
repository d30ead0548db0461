// An answer in Chat Completions, with OpenRouter's additions.

export function* frames(answer) {
  const { id, model, delay, stall, cut, error, usage } = answer;
  const chunk = (more) => ({ id, object: "chat.completion.chunk", created: 0, model, ...more });
  const says = (delta, finish_reason = null) => chunk({ choices: [{ index: 0, delta: { role: "assistant", content: "", ...delta }, finish_reason }] });

  for (const reasoning of answer.reasoning) yield { delay_ms: delay(), data: says({ reasoning }) };
  for (const tool of answer.tools) yield { delay_ms: tool.delay_ms ?? delay(), data: says({ reasoning_details: [used(tool)] }) };
  for (const content of answer.text) yield { delay_ms: delay(), data: says({ content }) };
  if (answer.sources.length) yield { data: says({ annotations: answer.sources.map((source) => ({ type: "url_citation", url_citation: source })) }) };
  for (const [index, { id, name, arguments: text }] of answer.tool_calls.entries()) {
    yield { delay_ms: delay(), data: says({ tool_calls: [{ index, id, type: "function", function: { name, arguments: text } }] }) };
  }
  if (stall || cut) return;
  if (error) return yield { data: { ...says({}, "error"), error } };
  yield { data: says({}, answer.finish_reason) };
  if (usage) yield { data: chunk({ choices: [], usage: spent(usage) }) };
  yield { data: "[DONE]" };
}

export const refusal = (error) => ({ error });

function used({ id, name, input, failed }) {
  const result = JSON.stringify({ status: failed ? "failed" : "ok" });
  return { type: "reasoning.server_tool_call", tool_name: name, tool_call_id: id, arguments: JSON.stringify(input), result, id: null, format: null, index: 0 };
}

function spent({ prompt_tokens = 0, completion_tokens = 0, reasoning_tokens = 0, ...more }) {
  const total_tokens = prompt_tokens + completion_tokens;
  return { prompt_tokens, completion_tokens, total_tokens, completion_tokens_details: { reasoning_tokens }, ...more };
}
