// A model writes malformed arguments. The run does not send these arguments back to servers that
// would parse them. Only this step is lost, and the panelist continues.
import {
  add,
  answer,
  calling,
  close,
  completed,
  created,
  DONE,
  end,
  item,
  json,
  open,
  piece,
  start,
  stop,
} from "../wire.mjs";

const LLAMA = "https://github.com/OpenHands/software-agent-sdk/issues/2887";
const VLLM = "https://github.com/vllm-project/vllm/issues/43995";
const CUT = "https://github.com/vllm-project/vllm/pull/48922";
const OBJECT = "https://github.com/justrach/codegraff/issues/752";

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const refused = json(400, {
  error: { message: "Failed to parse tool call arguments as JSON", type: "BadRequestError" },
});

/** Answers like a server that parses the arguments of every earlier call. */
const strict = {
  chat: ({ messages }) => messages.flatMap(({ tool_calls = [] }) => tool_calls).map(argumentsOf),
  responses: ({ input }) => input.filter(({ type }) => type === "function_call").map(argumentsOf),
  messages: ({ messages }) =>
    messages
      .flatMap(({ content }) => (Array.isArray(content) ? content : []))
      .filter(({ type }) => type === "tool_use")
      .map(({ input }) => input),
};
function argumentsOf(call) {
  const text = (call.function ?? call).arguments;
  return typeof text === "string" ? JSON.parse(text) : undefined;
}
const then =
  (dialect) =>
  (say, { body }) => {
    try {
      if (!strict[dialect](body).every(isObject)) return refused;
    } catch {
      return refused;
    }
    return answer[dialect](say);
  };

const row = (name, from, args) => ({
  name,
  from,
  roles: ["panelist", "analyst"],
  tools: ["alpha"],
  reply: () => [calling(piece("alpha", args, { index: 0, id: "c1" })), stop("tool_calls"), DONE],
  later: then("chat"),
  expect: {},
});

export default [
  row("cut off", [LLAMA, CUT], '{"a": '),
  row("cut off within a string", [CUT], '{"a": "one two'),
  row("quotes without escapes", [VLLM], '{"a": "He said "hello" and left"}'),
  row("a wrong escape", ["https://github.com/huggingface/physics-intern/pull/6"], '{"a": "\\d"}'),
  row(
    "a line break in a string",
    ["https://github.com/mistralai/mistral-vibe/pull/615"],
    '{"a": "one\ntwo"}',
  ),
  row("no arguments", [OBJECT], ""),
  row("a string", [OBJECT], '"one"'),
  row("a list", [OBJECT], "[1]"),
  row("null", [OBJECT], "null"),
  row("words", [OBJECT], "the sky"),
  row("two objects", ["https://github.com/mcowger/plexus/issues/691"], '{"a":1}{"a":2}'),
  {
    ...row("an object instead of a string", [], { a: 1 }),
    from: ["https://github.com/bytedance/deer-flow/issues/4445"],
    expect: { ran: [["alpha", { a: 1 }]] },
  },
  {
    ...row("a broken call beside a good one", [LLAMA], ""),
    tools: ["alpha", "beta"],
    reply: () => [
      calling(
        piece("alpha", '{"a": ', { index: 0, id: "c1" }),
        piece("beta", '{"b":2}', { index: 1, id: "c2" }),
      ),
      stop("tool_calls"),
      DONE,
    ],
    expect: { sent: ([, { body }]) => strict.chat(body).length > 0 },
  },
  {
    ...row("a name that servers refuse", [], "{}"),
    from: [
      "https://github.com/mastra-ai/mastra/issues/13632",
      "https://github.com/mcp-use/mcp-use/pull/94",
    ],
    reply: () => [
      calling(piece("functions.alpha <x>", "{}", { index: 0, id: "c1" })),
      stop("tool_calls"),
      DONE,
    ],
    later: (say, { body }) =>
      body.messages
        .flatMap(({ tool_calls = [] }) => tool_calls)
        .every((call) => /^[\w-]{1,64}$/.test(call.function.name))
        ? answer.chat(say)
        : json(400, { error: { message: "Invalid 'messages[1].tool_calls[0].function.name'" } }),
  },
  {
    ...row("responses: cut off", ["https://github.com/local-inference-lab/vllm/issues/684"], ""),
    dialect: "responses",
    reply: () => {
      const call = { type: "function_call", id: "f1", call_id: "c1", name: "alpha" };
      return [
        created,
        item("done", { ...call, arguments: '{"a": ' }),
        completed([{ ...call, arguments: '{"a": ' }]),
      ];
    },
    later: then("responses"),
  },
  {
    ...row("responses: cut off, beside thinking", [], ""),
    from: ["https://github.com/local-inference-lab/vllm/issues/684"],
    dialect: "responses",
    reply: () => {
      const call = { type: "function_call", id: "f1", call_id: "c1", name: "alpha" };
      const thought = { type: "reasoning", id: "r1", summary: [], encrypted_content: "SIG" };
      return [
        created,
        item("done", thought),
        item("done", { ...call, arguments: '{"a": ' }, 1),
        completed([thought, { ...call, arguments: '{"a": ' }]),
      ];
    },
    later: then("responses"),
  },
  {
    ...row("messages: cut off", ["https://github.com/MiniMax-AI/MiniMax-M2/issues/109"], ""),
    dialect: "messages",
    reply: () => [
      start(),
      open(0, { type: "tool_use", id: "t1", name: "alpha", input: {} }),
      add(0, { type: "input_json_delta", partial_json: '{"a": ' }),
      close(0),
      ...end("tool_use"),
    ],
    later: then("messages"),
  },
  {
    ...row("messages: a list", [OBJECT], ""),
    dialect: "messages",
    reply: () => [
      start(),
      open(0, { type: "tool_use", id: "t1", name: "alpha", input: {} }),
      add(0, { type: "input_json_delta", partial_json: "[1]" }),
      close(0),
      ...end("tool_use"),
    ],
    later: then("messages"),
  },
  {
    ...row("a step is lost: the tool's error says why", [CUT], '{"a": '),
    expect: {
      ran: [],
      sent: ([, { body }]) => body.messages.some(({ role }) => role === "tool"),
    },
  },
];
