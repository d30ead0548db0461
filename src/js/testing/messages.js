// An answer in Anthropic's Messages.

export function* frames(answer) {
  for (const { delay_ms, ...event } of events(answer)) yield { delay_ms, event: event.type, data: event };
}

export const refusal = ({ code, type, ...error }) => ({ type: "error", error: { type: type ?? (typeof code === "string" ? code : "api_error"), code, ...error } });

function* events(answer) {
  const { id, model, delay, stall, cut, error } = answer;
  const usage = answer.usage && spent(answer.usage);
  const message = { id, type: "message", role: "assistant", model, content: [], stop_reason: null, stop_sequence: null };
  yield { type: "message_start", message: { ...message, ...(usage && { usage: { ...usage, output_tokens: 1 } }) } };

  for (const [index, { block, deltas, delay_ms }] of blocks(answer).entries()) {
    yield { type: "content_block_start", index, content_block: block, delay_ms };
    for (const delta of deltas) yield { type: "content_block_delta", index, delta, delay_ms: delay() };
    yield { type: "content_block_stop", index };
  }
  if (stall || cut) return;
  if (error) return yield refusal(error);
  const stop_reason = { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use", content_filter: "refusal" }[answer.finish_reason] ?? answer.finish_reason;
  yield { type: "message_delta", delta: { stop_reason, stop_sequence: null }, ...(usage && { usage }) };
  yield { type: "message_stop" };
}

/** The blocks as they begin, and what comes to each. */
function blocks({ reasoning, tools, text, sources, tool_calls, delay }) {
  const list = [];
  if (reasoning.length) {
    const deltas = reasoning.map((thinking) => ({ type: "thinking_delta", thinking }));
    list.push({ block: { type: "thinking", thinking: "", signature: "scripted" }, deltas });
  }
  for (const tool of tools) {
    const [name] = tool.name.split(":").slice(-1);
    const content = result(name, tool);
    list.push({ block: { type: "server_tool_use", id: tool.id, name, input: tool.input }, deltas: [], delay_ms: tool.delay_ms ?? delay() });
    list.push({ block: { type: `${name}_tool_result`, tool_use_id: tool.id, content }, deltas: [] });
  }
  if (text.length || sources.length) {
    const citations = sources.map(({ url, title }) => ({ type: "web_search_result_location", url, title, cited_text: "", encrypted_index: "" }));
    const deltas = [...text.map((text) => ({ type: "text_delta", text })), ...citations.map((citation) => ({ type: "citations_delta", citation }))];
    list.push({ block: { type: "text", text: "" }, deltas });
  }
  for (const { id, name, arguments: partial_json } of tool_calls) {
    list.push({ block: { type: "tool_use", id, name, input: {} }, deltas: [{ type: "input_json_delta", partial_json }] });
  }
  return list;
}

function result(name, { input, failed }) {
  if (failed) return { type: `${name}_tool_result_error`, error_code: "unavailable" };
  return name === "web_fetch" ? { type: "web_fetch_result", url: input.url, content: { type: "document", title: null } } : [];
}

function spent({ prompt_tokens = 0, completion_tokens = 0, reasoning_tokens = 0, ...more }) {
  return { input_tokens: prompt_tokens, output_tokens: completion_tokens, output_tokens_details: { thinking_tokens: reasoning_tokens }, ...more };
}
