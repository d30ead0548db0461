// Writes a scripted answer as OpenAI's Responses.

/** @typedef {{ item: any, deltas: object[], delay_ms?: number }} Item */

/** @type {Record<string, string>} */
const INCOMPLETE_REASONS = { length: "max_output_tokens", content_filter: "content_filter" };

/**
 * @param {import("./script.js").Answer} answer
 * @returns {Generator<import("./stream.js").Frame, void>}
 */
export function* frames(answer) {
  let sequence_number = 0;
  for (const { delay_ms, ...event } of events(answer)) {
    const data = { ...event, sequence_number: sequence_number++ };
    yield { delay_ms, event: event.type, data };
  }
}

/** @param {any} error */
export const errorBody = (error) => ({ error: { ...error, type: error.type ?? "error" } });

/** @param {import("./script.js").Answer} answer @returns {Generator<any, void>} */
function* events(answer) {
  const { id, model, delay, stall, cut, error, usage } = answer;
  /** @param {string} status @param {object} [more] */
  const response = (status, more) => ({
    id,
    object: "response",
    created_at: 0,
    status,
    model,
    output: [],
    error: null,
    incomplete_details: null,
    ...more,
  });
  yield { type: "response.created", response: response("in_progress") };

  const output = items(answer);
  for (const [output_index, { item, deltas, delay_ms }] of output.entries()) {
    const ref = { item_id: item.id, output_index };
    yield { type: "response.output_item.added", output_index, item: started(item), delay_ms };
    for (const delta of deltas) yield { delay_ms: delay(), ...ref, ...delta };
    yield { type: "response.output_item.done", output_index, item };
  }
  if (stall || cut) return;
  if (error) return yield { type: "response.failed", response: response("failed", { error }) };
  const reason = INCOMPLETE_REASONS[answer.finish_reason];
  const status = reason ? "incomplete" : "completed";
  const details = {
    output: output.map(({ item }) => item),
    incomplete_details: reason ? { reason } : null,
    usage: usage && toUsage(usage),
  };
  yield { type: `response.${status}`, response: response(status, details) };
}

/**
 * Returns the finished items, with their deltas.
 * @param {import("./script.js").Answer} answer
 */
function items({ reasoning, tools, text, sources, tool_calls, delay }) {
  /** @type {Item[]} */
  const list = [];
  if (reasoning.length > 0) {
    const summary = [{ type: "summary_text", text: reasoning.join("") }];
    const type = "response.reasoning_summary_text.delta";
    const deltas = reasoning.map((delta) => ({ type, summary_index: 0, delta }));
    list.push({ item: { type: "reasoning", id: "rs_0", summary }, deltas });
  }
  for (const tool of tools) {
    list.push({ item: toolItem(tool), deltas: [], delay_ms: tool.delay_ms ?? delay() });
  }
  if (text.length > 0 || sources.length > 0) {
    const annotations = sources.map((source) => ({
      type: "url_citation",
      start_index: 0,
      end_index: 0,
      ...source,
    }));
    const content = [{ type: "output_text", text: text.join(""), annotations }];
    const type = "response.output_text.delta";
    const deltas = text.map((delta) => ({ type, content_index: 0, delta }));
    const message = { type: "message", id: "msg_0", role: "assistant", status: "completed" };
    list.push({ item: { ...message, content }, deltas });
  }
  for (const { id, ...call } of tool_calls) {
    const item = { type: "function_call", id: `fc_${id}`, call_id: id, status: "completed" };
    list.push({ item: { ...item, ...call }, deltas: [] });
  }
  return list;
}

/** @param {any} tool */
function toolItem({ id, name, input, failed }) {
  const search = { action: { type: "search", ...input } };
  if (name.includes(":")) {
    const status = failed ? "incomplete" : "completed";
    return { type: name, id, status, ...(name.endsWith("web_fetch") ? input : search) };
  }
  const fields = input.url ? { action: { type: "open_page", ...input } } : search;
  const status = failed ? "failed" : "completed";
  return { type: "web_search_call", id, status, ...fields };
}

/**
 * Returns an item as `response.output_item.added` sends it, before its deltas.
 * @param {any} item
 */
function started(item) {
  const { summary, content, arguments: text, action, ...rest } = item;
  return {
    ...rest,
    ...(item.status && { status: "in_progress" }),
    ...(summary && { summary: [] }),
    ...(content && { content: [] }),
    ...(text && { arguments: "" }),
  };
}

/** @param {any} usage */
function toUsage({ prompt_tokens = 0, completion_tokens = 0, reasoning_tokens = 0, ...more }) {
  return {
    input_tokens: prompt_tokens,
    output_tokens: completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    output_tokens_details: { reasoning_tokens },
    ...more,
  };
}
