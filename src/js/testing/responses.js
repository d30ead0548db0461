// An answer in OpenAI's Responses.

export function* frames(answer) {
  let count = 0;
  for (const { delay_ms, ...event } of events(answer)) yield { delay_ms, event: event.type, data: { ...event, sequence_number: count++ } };
}

export const refusal = (error) => ({ error: { ...error, type: error.type ?? "error" } });

function* events(answer) {
  const { id, model, delay, stall, cut, error, usage } = answer;
  const response = (status, more) => ({ id, object: "response", created_at: 0, status, model, output: [], error: null, incomplete_details: null, ...more });
  yield { type: "response.created", response: response("in_progress") };

  const output = items(answer);
  for (const [output_index, { item, deltas, delay_ms }] of output.entries()) {
    const at = { item_id: item.id, output_index };
    yield { type: "response.output_item.added", output_index, item: begun(item), delay_ms };
    for (const delta of deltas) yield { delay_ms: delay(), ...at, ...delta };
    yield { type: "response.output_item.done", output_index, item };
  }
  if (stall || cut) return;
  if (error) return yield { type: "response.failed", response: response("failed", { error }) };
  const reason = { length: "max_output_tokens", content_filter: "content_filter" }[answer.finish_reason];
  const status = reason ? "incomplete" : "completed";
  const details = { output: output.map(({ item }) => item), incomplete_details: reason ? { reason } : null, usage: usage && spent(usage) };
  yield { type: `response.${status}`, response: response(status, details) };
}

/** The items as they are in the end, and what is heard of each until then. */
function items({ reasoning, tools, text, sources, tool_calls, delay }) {
  const list = [];
  if (reasoning.length) {
    const item = { type: "reasoning", id: "rs_0", summary: [{ type: "summary_text", text: reasoning.join("") }] };
    list.push({ item, deltas: reasoning.map((delta) => ({ type: "response.reasoning_summary_text.delta", summary_index: 0, delta })) });
  }
  for (const tool of tools) list.push({ item: hosted(tool), deltas: [], delay_ms: tool.delay_ms ?? delay() });
  if (text.length || sources.length) {
    const annotations = sources.map((source) => ({ type: "url_citation", start_index: 0, end_index: 0, ...source }));
    const content = [{ type: "output_text", text: text.join(""), annotations }];
    const deltas = text.map((delta) => ({ type: "response.output_text.delta", content_index: 0, delta }));
    list.push({ item: { type: "message", id: "msg_0", role: "assistant", status: "completed", content }, deltas });
  }
  for (const { id, ...call } of tool_calls) list.push({ item: { type: "function_call", id: `fc_${id}`, call_id: id, status: "completed", ...call }, deltas: [] });
  return list;
}

function hosted({ id, name, input, failed }) {
  if (name.includes(":")) return { type: name, id, status: failed ? "incomplete" : "completed", ...(name.endsWith("web_fetch") ? input : { action: { type: "search", ...input } }) };
  const action = input.url ? { type: "open_page", ...input } : { type: "search", ...input };
  return { type: "web_search_call", id, status: failed ? "failed" : "completed", action };
}

function begun(item) {
  const { summary, content, arguments: text, action, ...rest } = item;
  return { ...rest, ...(item.status && { status: "in_progress" }), ...(summary && { summary: [] }), ...(content && { content: [] }), ...(text && { arguments: "" }) };
}

function spent({ prompt_tokens = 0, completion_tokens = 0, reasoning_tokens = 0, ...more }) {
  const total_tokens = prompt_tokens + completion_tokens;
  return { input_tokens: prompt_tokens, output_tokens: completion_tokens, total_tokens, output_tokens_details: { reasoning_tokens }, ...more };
}
