// Builds the events of the three dialects, for the rows in cases/.
//
// A reply is a list, or an object `{ status?, type?, headers?, body }`. A list is sent with status
// 200 as an event stream. In a list, an object becomes `data: JSON`, and a string becomes `data:
// string`. A number is a pause in milliseconds. `raw(text)` is sent unchanged. A body is a string,
// a list of the same kind, or an object that becomes JSON.

/** Sends text unchanged. */
export const raw = (text) => ({ raw: text });

/** Blocks the process for `ms` milliseconds. The rest of the reply is read afterwards. */
export const block = (ms) => ({ block: ms });

export const json = (status, body, headers) => ({
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/* ---------------------------------------------------------- Chat Completions */

export const DONE = "[DONE]";

/** Returns a chunk. `choice` adds fields to the choice, and `top` adds fields beside `choices`. */
export const chunk = (delta, choice = {}, top = {}) => ({
  id: "c-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: null, ...choice }],
  ...top,
});

export const says = (content, choice, top) => chunk({ content }, choice, top);
export const stop = (reason = "stop", top) => chunk({}, { finish_reason: reason }, top);
export const usageChunk = (usage) => ({ id: "c-1", model: "m", choices: [], usage });

/** Returns a piece of a tool call. `more` has `index`, `id` and other fields. */
export const piece = (name, args, more = {}) => ({
  ...more,
  type: "function",
  function: { name, arguments: args },
});
export const calling = (...pieces) => chunk({ tool_calls: pieces });

/** Returns a whole response, from a server that ignores `stream`. */
export const whole = (message, choice = {}, top = {}) => ({
  id: "c-1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [
    { index: 0, message: { role: "assistant", ...message }, finish_reason: "stop", ...choice },
  ],
  ...top,
});

/* ------------------------------------------------------------------ Responses */

export const created = { type: "response.created", response: { id: "r-1", model: "m" } };
export const item = (when, item, output_index = 0) => ({
  type: `response.output_item.${when}`,
  output_index,
  item,
});
export const outputText = (delta, more = {}) => ({
  type: "response.output_text.delta",
  item_id: "msg_1",
  output_index: 0,
  content_index: 0,
  delta,
  ...more,
});
export const message = (text, id = "msg_1") => ({
  type: "message",
  id,
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [] }],
});
export const completed = (output = [], more = {}) => ({
  type: "response.completed",
  response: { id: "r-1", model: "m", status: "completed", output, ...more },
});

/* ------------------------------------------------------------------- Messages */

export const start = (more = {}) => ({
  type: "message_start",
  message: { id: "m-1", type: "message", role: "assistant", model: "m", content: [], ...more },
});
export const open = (index, content_block) => ({
  type: "content_block_start",
  index,
  content_block,
});
export const add = (index, delta) => ({ type: "content_block_delta", index, delta });
export const close = (index) => ({ type: "content_block_stop", index });
export const block_ = (index, text) => [
  open(index, { type: "text", text: "" }),
  add(index, { type: "text_delta", text }),
  close(index),
];
export const end = (stop_reason = "end_turn", more = {}) => [
  { type: "message_delta", delta: { stop_reason }, ...more },
  { type: "message_stop" },
];

/* -------------------------------------------------------------------- Answers */

/** Functions that return a plain answer, by dialect. */
export const answer = {
  chat: (say) => [...say.map((text) => says(text)), stop(), DONE],
  responses: (say) => [
    created,
    ...say.map((text) => outputText(text)),
    completed([message(say.join(""))]),
  ],
  messages: (say) => [start(), ...block_(0, say.join("")), ...end()],
};

export const DIALECTS = ["chat", "responses", "messages"];

/** Returns the bytes for one item of a reply's list. If the item is a pause, returns the item. */
export function frame(item) {
  if (typeof item === "number" || item?.block) return item;
  if (item?.raw !== undefined) return item.raw;
  if (typeof item === "string") return `data: ${item}\n\n`;
  const event = typeof item?.type === "string" ? `event: ${item.type}\n` : "";
  return `${event}data: ${JSON.stringify(item)}\n\n`;
}
