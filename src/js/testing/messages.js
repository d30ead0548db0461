// Writes a scripted answer as Anthropic's Messages.

/** @typedef {{ block: object, deltas: object[], delay_ms?: number }} Block */

/** @type {Record<string, string>} */
const STOP_REASONS = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
};

/**
 * @param {import("./script.js").Answer} answer
 * @returns {Generator<import("./stream.js").Frame, void>}
 */
export function* frames(answer) {
  for (const { delay_ms, ...event } of events(answer)) {
    yield { delay_ms, event: event.type, data: event };
  }
}

/** @param {any} error */
export function errorBody({ code, type, ...error }) {
  const kind = type ?? (typeof code === "string" ? code : "api_error");
  return { type: "error", error: { type: kind, code, ...error } };
}

/** @param {import("./script.js").Answer} answer @returns {Generator<any, void>} */
function* events(answer) {
  const { id, model, delay, stall, cut, error } = answer;
  const usage = answer.usage && toUsage(answer.usage);
  const message = {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    ...(usage && { usage: { ...usage, output_tokens: 1 } }),
  };
  yield { type: "message_start", message };

  for (const [index, { block, deltas, delay_ms }] of blocks(answer).entries()) {
    yield { type: "content_block_start", index, content_block: block, delay_ms };
    for (const delta of deltas) {
      yield { type: "content_block_delta", index, delta, delay_ms: delay() };
    }
    yield { type: "content_block_stop", index };
  }
  if (stall || cut) return;
  if (error) return yield errorBody(error);
  const stop_reason = STOP_REASONS[answer.finish_reason] ?? answer.finish_reason;
  const delta = { stop_reason, stop_sequence: null };
  yield { type: "message_delta", delta, ...(usage && { usage }) };
  yield { type: "message_stop" };
}

/**
 * Returns the content blocks of an answer. Each block has the form of the event
 * `content_block_start`, and a list of its deltas.
 * @param {import("./script.js").Answer} answer
 */
function blocks({ reasoning, tools, text, sources, tool_calls, delay }) {
  /** @type {Block[]} */
  const list = [];
  if (reasoning.length > 0) {
    const block = { type: "thinking", thinking: "", signature: "scripted" };
    const deltas = reasoning.map((thinking) => ({ type: "thinking_delta", thinking }));
    list.push({ block, deltas });
  }
  for (const tool of tools) {
    const [name] = tool.name.split(":").slice(-1);
    const content = toolResult(name, tool);
    const use = { type: "server_tool_use", id: tool.id, name, input: tool.input };
    list.push({ block: use, deltas: [], delay_ms: tool.delay_ms ?? delay() });
    const result = { type: `${name}_tool_result`, tool_use_id: tool.id, content };
    list.push({ block: result, deltas: [] });
  }
  if (text.length > 0 || sources.length > 0) {
    const texts = text.map((text) => ({ type: "text_delta", text }));
    const deltas = [...texts, ...sources.map(citationDelta)];
    list.push({ block: { type: "text", text: "" }, deltas });
  }
  for (const { id, name, arguments: partial_json } of tool_calls) {
    const block = { type: "tool_use", id, name, input: {} };
    list.push({ block, deltas: [{ type: "input_json_delta", partial_json }] });
  }
  return list;
}

/** @param {{ url: string, title: string }} source */
const citationDelta = ({ url, title }) => ({
  type: "citations_delta",
  citation: {
    type: "web_search_result_location",
    url,
    title,
    cited_text: "",
    encrypted_index: "",
  },
});

/** @param {string} name @param {any} tool */
function toolResult(name, { input, failed }) {
  if (failed) return { type: `${name}_tool_result_error`, error_code: "unavailable" };
  if (name !== "web_fetch") return [];
  const content = { type: "document", title: null };
  return { type: "web_fetch_result", url: input.url, content };
}

/** @param {any} usage */
function toUsage({ prompt_tokens = 0, completion_tokens = 0, reasoning_tokens = 0, ...more }) {
  return {
    input_tokens: prompt_tokens,
    output_tokens: completion_tokens,
    output_tokens_details: { thinking_tokens: reasoning_tokens },
    ...more,
  };
}
