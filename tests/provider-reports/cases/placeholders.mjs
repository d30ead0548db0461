// Responses that contain placeholders without a meaning, and responses with several texts.
import {
  answer,
  block_,
  chunk,
  close,
  completed,
  created,
  DONE,
  end,
  item,
  json,
  message,
  open,
  outputText,
  raw,
  says,
  start,
  stop,
  whole,
} from "../wire.mjs";

const EMPTY = "https://github.com/BerriAI/litellm/pull/32237";
const NULL = "https://github.com/Kilo-Org/kilocode/pull/3083";
const BLOCKS = "https://github.com/odysseus-dev/odysseus/pull/1255";
const top = (fields) => (say) => [
  ...say.map((text) => says(text, {}, fields)),
  stop("stop", fields),
  DONE,
];
const row = (name, from, reply, expect = { finish: "stop" }, more = {}) => ({
  name,
  from,
  reply,
  expect,
  ...more,
});

const search = [
  open(1, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
  close(1),
  open(2, { type: "web_search_tool_result", tool_use_id: "s", content: [] }),
  close(2),
];
const TWO = { content: () => "I'll search for that.\n\nIt is blue." };
const texts = { roles: ["panelist", "writer"] };

export default [
  ...[{}, null, "", [], { message: "" }, { message: null, code: null }].map((error) =>
    row(`error: ${JSON.stringify(error)} beside text`, [EMPTY], top({ error })),
  ),
  row("error: {} in the choice", [EMPTY], (say) => [
    ...say.map((text) => says(text, { error: {} })),
    stop(),
    DONE,
  ]),
  row("error: null in a whole answer", [EMPTY], (say) =>
    json(200, whole({ content: say.join("") }, {}, { error: null })),
  ),
  row("error: {} in a whole answer", [EMPTY], (say) =>
    json(200, whole({ content: say.join("") }, {}, { error: {} })),
  ),
  row("data: null", [NULL], (say) => [
    says(say[0]),
    "null",
    says(say[1]),
    "null",
    says(say[2]),
    stop(),
    DONE,
  ]),
  row(
    "empty data and comments",
    ["https://github.com/coddy-project/coddy-agent/pull/106"],
    (say) => [
      says(say[0]),
      raw("data:\n\n"),
      raw(": ping\n\n"),
      raw("data: \n\n"),
      ...say.slice(1).map((text) => says(text)),
      stop(),
      DONE,
    ],
  ),
  row("choices: [] and choices: null", [NULL], (say) => [
    { id: "c-1", choices: [], prompt_filter_results: [] },
    ...say.map((text) => says(text)),
    { id: "c-1", choices: null },
    stop(),
    DONE,
  ]),
  row("null in every other field", ["https://github.com/sgl-project/sglang/pull/35542"], (say) => [
    ...say.map((content) =>
      chunk(
        {
          content,
          role: null,
          refusal: null,
          tool_calls: null,
          reasoning: null,
          reasoning_content: null,
          annotations: null,
          function_call: null,
        },
        { message: null, logprobs: null, stop_reason: null },
        { usage: null, error: null, citations: null },
      ),
    ),
    stop("stop", { usage: null }),
    DONE,
  ]),
  row("delta: null", [NULL], (say) => [
    ...say.map((text) => says(text)),
    { choices: [{ index: 0, delta: null, finish_reason: "stop" }] },
    DONE,
  ]),
  row(
    "tool_calls: [] beside text",
    ["https://github.com/rashidrazak/opencode-cmd-provider/pull/213"],
    (say) => [...say.map((content) => chunk({ content, tool_calls: [] })), stop(), DONE],
  ),
  row("content: null before the text", [EMPTY], (say) => [
    chunk({ role: "assistant", content: null }),
    ...answer.chat(say),
  ]),
  row("chunks without an index", ["https://github.com/vercel/ai/pull/4031"], (say) => [
    ...say.map((content) => ({ choices: [{ delta: { content } }] })),
    { choices: [{ delta: {}, finish_reason: "stop" }] },
    DONE,
  ]),
  row(
    "an index that counts the chunks",
    ["https://github.com/huggingface/text-generation-inference/pull/1648"],
    (say) => [
      ...say.map((content, at) => ({
        choices: [{ index: at + 1, delta: { content }, finish_reason: at === 2 ? "stop" : null }],
      })),
      DONE,
    ],
  ),
  row(
    "messages: texts before and after a hosted tool",
    [BLOCKS],
    () => [
      start(),
      ...block_(0, "I'll search for that."),
      ...search,
      ...block_(3, "It is blue."),
      ...end(),
    ],
    TWO,
    { ...texts, dialect: "messages" },
  ),
  row(
    "messages: texts before and after a hosted tool, as a whole answer",
    [BLOCKS],
    () =>
      json(200, {
        id: "m-1",
        type: "message",
        role: "assistant",
        model: "m",
        content: [
          { type: "text", text: "I'll search for that." },
          { type: "server_tool_use", id: "s", name: "web_search", input: {} },
          { type: "web_search_tool_result", tool_use_id: "s", content: [] },
          { type: "text", text: "It is blue." },
        ],
        stop_reason: "end_turn",
      }),
    TWO,
    { ...texts, dialect: "messages" },
  ),
  row(
    "messages: texts side by side are one text",
    [
      "https://github.com/vercel/ai/issues/7649",
      "https://github.com/bytedance/deer-flow/pull/2573",
    ],
    () => [
      start(),
      ...block_(0, "The sky "),
      ...block_(1, "is blue"),
      ...block_(2, ", by day."),
      ...end(),
    ],
    { content: () => "The sky is blue, by day." },
    { ...texts, dialect: "messages" },
  ),
  row(
    "messages: a text that ends with a line break before a hosted tool",
    [BLOCKS],
    () => [
      start(),
      ...block_(0, "I'll search for that.\n\n"),
      ...search,
      ...block_(3, "It is blue."),
      ...end(),
    ],
    TWO,
    { ...texts, dialect: "messages" },
  ),
  row(
    "responses: two messages around a search",
    ["https://github.com/BerriAI/litellm/issues/14140"],
    () => {
      const found = { type: "web_search_call", id: "ws_1", status: "completed" };
      const more = { item_id: "msg_2", output_index: 2 };
      return [
        created,
        outputText("I'll search for that."),
        item("done", message("I'll search for that.")),
        item("done", found, 1),
        outputText("It is ", more),
        outputText("blue.", more),
        item("done", message("It is blue.", "msg_2"), 2),
        completed([message("I'll search for that."), found, message("It is blue.", "msg_2")]),
      ];
    },
    TWO,
    { ...texts, dialect: "responses" },
  ),
  row(
    "responses: two messages in the final response alone",
    ["https://github.com/raullenchai/Rapid-MLX/pull/851"],
    () => [created, completed([message("I'll search for that."), message("It is blue.", "msg_2")])],
    TWO,
    { ...texts, dialect: "responses" },
  ),
];
