// Servers that send text, calls, thinking or a refusal twice: in pieces and as a whole.
import {
  add,
  answer,
  block_,
  calling,
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
  piece,
  says,
  start,
  stop,
  whole,
} from "../wire.mjs";

const PERPLEXITY = "https://github.com/perplexityai/api-discussion/issues/209";
const FULL_LAST = "https://github.com/abundantbeing/hermes-browser-extension/issues/11";
const RAGFLOW = "https://github.com/infiniflow/ragflow/issues/15286";
const SPEC = "https://developers.openai.com/api/reference/resources/responses/streaming-events";
const VLLM_EMPTY = "https://github.com/vllm-project/vllm/pull/30223";
const RAPID = "https://github.com/raullenchai/Rapid-MLX/pull/851";

const sums = (parts) => parts.map((_, at) => parts.slice(0, at + 1).join(""));
const call = (args) => [piece("alpha", args, { index: 0, id: "c1" })];

export default [
  {
    name: "each chunk has the delta and the message so far",
    from: [PERPLEXITY, "https://github.com/BerriAI/litellm/issues/5535"],
    reply: (say) =>
      sums(say).map((content, at) =>
        says(say[at], {
          message: { role: "assistant", content },
          finish_reason: at === 2 ? "stop" : null,
        }),
      ),
    expect: { finish: "stop" },
  },
  {
    name: "each chunk has the message before the delta",
    from: [PERPLEXITY],
    reply: (say) =>
      sums(say)
        .map((content, at) => ({
          choices: [
            { message: { content }, index: 0, finish_reason: null, delta: { content: say[at] } },
          ],
        }))
        .concat(stop(), DONE),
    expect: {},
  },
  {
    name: "the last chunk has the whole message instead of a delta",
    from: [FULL_LAST],
    reply: (say) => [...say.map((text) => says(text)), whole({ content: say.join("") }), DONE],
    expect: { finish: "stop" },
  },
  {
    name: "the last delta repeats the whole text",
    from: [RAGFLOW, "https://github.com/infiniflow/ragflow/pull/15443"],
    reply: (say) => [
      ...say.map((text) => says(text)),
      says(say.join(""), { finish_reason: "stop" }),
      DONE,
    ],
    expect: {},
  },
  {
    name: "the last chunk has the whole thinking",
    from: [FULL_LAST],
    reply: (say) => [
      chunk({ reasoning_content: "Light " }),
      chunk({ reasoning_content: "scatters." }),
      ...say.map((text) => says(text)),
      whole({ content: say.join(""), reasoning_content: "Light scatters." }),
      DONE,
    ],
    expect: { reasoning: "Light scatters." },
  },
  {
    name: "the last chunk has the whole call",
    from: [FULL_LAST],
    tools: ["alpha"],
    later: "answer",
    reply: () => [
      calling(...call("")),
      calling({ index: 0, function: { arguments: '{"a":' } }),
      calling({ index: 0, function: { arguments: "1}" } }),
      whole({ content: null, tool_calls: call('{"a":1}') }, { finish_reason: "tool_calls" }),
      DONE,
    ],
    expect: { ran: [["alpha", { a: 1 }]] },
  },
  {
    name: "each chunk has the pieces of a call and the call so far",
    from: [PERPLEXITY],
    tools: ["alpha"],
    later: "answer",
    reply: () => [
      chunk({ tool_calls: call('{"a":') }, { message: { tool_calls: call('{"a":') } }),
      chunk(
        { tool_calls: [{ index: 0, function: { arguments: "1}" } }] },
        { message: { tool_calls: call('{"a":1}') }, finish_reason: "tool_calls" },
      ),
      DONE,
    ],
    expect: { ran: [["alpha", { a: 1 }]] },
  },
  {
    name: "the last chunk has the whole refusal",
    from: [FULL_LAST],
    reply: () => [
      chunk({ refusal: "I cannot " }),
      chunk({ refusal: "help." }),
      whole({ content: null, refusal: "I cannot help." }),
      DONE,
    ],
    expect: {
      error: { code: "content_policy", says: "I cannot help.", lacks: "help.I cannot" },
    },
  },
  {
    name: "a whole message only",
    from: ["https://github.com/mistralai/mistral-vibe/pull/619"],
    reply: (say) => json(200, whole({ content: say.join("") })),
    expect: { finish: "stop" },
  },
  {
    name: "messages: the whole message follows the pieces",
    from: [FULL_LAST],
    dialect: "messages",
    reply: (say) => [
      start(),
      open(0, { type: "text", text: "" }),
      ...say.map((text) => add(0, { type: "text_delta", text })),
      close(0),
      {
        type: "message",
        id: "m-1",
        role: "assistant",
        model: "m",
        content: [{ type: "text", text: say.join("") }],
        stop_reason: "end_turn",
      },
    ],
    expect: { finish: "stop" },
  },
  {
    name: "messages: the end of a block repeats the block",
    from: [FULL_LAST],
    dialect: "messages",
    reply: (say) => [
      start(),
      ...block_(0, say.join("")).slice(0, 2),
      { ...close(0), content_block: { type: "text", text: say.join("") } },
      ...end(),
    ],
    expect: {},
  },
  {
    name: "messages: the last event has the whole message",
    from: [FULL_LAST],
    dialect: "messages",
    reply: (say) => [
      start(),
      ...block_(0, say.join("")),
      { type: "message_delta", delta: { stop_reason: "end_turn" } },
      { type: "message_stop", message: { content: [{ type: "text", text: say.join("") }] } },
    ],
    expect: {},
  },
  {
    name: "messages: the start of a block has the text that its deltas repeat",
    from: [PERPLEXITY],
    dialect: "messages",
    reply: (say) => [
      start(),
      open(0, { type: "text", text: say.join("") }),
      add(0, { type: "text_delta", text: say.join("") }),
      close(0),
      ...end(),
    ],
    expect: {},
  },
  {
    name: "messages: a call in the start of its block that its deltas repeat",
    from: [FULL_LAST],
    dialect: "messages",
    tools: ["alpha"],
    later: "answer",
    reply: () => [
      start(),
      open(0, { type: "tool_use", id: "t1", name: "alpha", input: { a: 1 } }),
      add(0, { type: "input_json_delta", partial_json: '{"a":1}' }),
      close(0),
      ...end("tool_use"),
    ],
    expect: { ran: [["alpha", { a: 1 }]] },
  },
  {
    name: "responses: done events repeat the text",
    from: [SPEC],
    dialect: "responses",
    reply: (say) => [
      created,
      item("added", { ...message(""), content: [] }),
      ...say.map((text) => outputText(text)),
      { ...outputText(""), type: "response.output_text.done", text: say.join("") },
      {
        ...outputText(""),
        type: "response.content_part.done",
        part: { type: "output_text", text: say.join("") },
      },
      item("done", message(say.join(""))),
      completed([message(say.join(""))]),
    ],
    expect: {},
  },
  {
    name: "responses: done events repeat the text under other ids",
    from: [SPEC],
    dialect: "responses",
    reply: (say) => [
      created,
      item("added", { ...message("", "a"), content: [] }),
      ...say.map((text, at) => outputText(text, { item_id: `b${at}` })),
      {
        ...outputText("", { item_id: "c" }),
        type: "response.output_text.done",
        text: say.join(""),
      },
      item("done", message(say.join(""), "d")),
      completed([message(say.join(""), "e")]),
    ],
    expect: {},
  },
  {
    name: "responses: the final response has no output",
    from: [VLLM_EMPTY],
    dialect: "responses",
    reply: (say) => [created, ...say.map((text) => outputText(text)), completed([])],
    expect: {},
  },
  {
    name: "responses: the final response alone has the text",
    from: [RAPID],
    dialect: "responses",
    reply: (say) => [created, completed([message(say.join(""))])],
    expect: {},
  },
  {
    name: "responses: the final response repeats a call and the thinking",
    from: [SPEC],
    dialect: "responses",
    tools: ["alpha"],
    later: "answer",
    reply: () => {
      const thought = {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "Light scatters." }],
      };
      const made = { type: "function_call", id: "fc_1", call_id: "c1", name: "alpha" };
      return [
        created,
        {
          type: "response.reasoning_summary_text.delta",
          item_id: "rs_1",
          output_index: 0,
          summary_index: 0,
          delta: "Light scatters.",
        },
        item("done", thought),
        item("added", { ...made, arguments: "" }, 1),
        {
          type: "response.function_call_arguments.delta",
          item_id: "fc_1",
          output_index: 1,
          delta: '{"a":1}',
        },
        {
          type: "response.function_call_arguments.done",
          item_id: "fc_1",
          output_index: 1,
          arguments: '{"a":1}',
        },
        item("done", { ...made, arguments: '{"a":1}' }, 1),
        completed([thought, { ...made, arguments: '{"a":1}' }]),
      ];
    },
    expect: { ran: [["alpha", { a: 1 }]], reasoning: "Light scatters." },
  },
  {
    name: "two final chunks with a finish reason",
    from: [
      "https://github.com/Gitlawb/openclaude/pull/21",
      "https://github.com/langchain-ai/langchain/pull/38349",
    ],
    reply: (say) => [...answer.chat(say).slice(0, -1), stop(), DONE],
    expect: { finish: "stop" },
  },
];
