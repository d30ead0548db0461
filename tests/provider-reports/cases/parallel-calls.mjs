// Parallel tool calls that arrive in pieces. The index, the id or the name of a piece identifies
// the call of the piece.
import {
  add,
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
  whole,
} from "../wire.mjs";

const SAME_INDEX = [
  "https://github.com/vercel/ai/issues/14277",
  "https://github.com/huggingface/smolagents/pull/1958",
];
const GEMINI = "https://github.com/openai/openai-python/pull/3246";
const BOTH = [
  ["alpha", { a: 1 }],
  ["beta", { b: 2 }],
];

const a = (more) => piece("alpha", '{"a":1}', more);
const b = (more) => piece("beta", '{"b":2}', more);
const more = (args, rest) => ({ ...rest, function: { arguments: args } });
const row = (name, from, pieces, expected = BOTH) => ({
  name,
  from,
  tools: ["alpha", "beta"],
  later: "answer",
  reply: () => [...pieces.map((one) => calling(...[one].flat())), stop("tool_calls"), DONE],
  expect: { ran: expected },
});

export default [
  row("one index, two ids", SAME_INDEX, [a({ index: 0, id: "c1" }), b({ index: 0, id: "c2" })]),
  row(
    "one index, two ids, in one chunk",
    ["https://github.com/mcowger/plexus/issues/691"],
    [[a({ index: 0, id: "c1" }), b({ index: 0, id: "c2" })]],
  ),
  row(
    "one index, two ids, arguments in pieces",
    ["https://github.com/camel-ai/camel/pull/3662"],
    [
      piece("alpha", "", { index: 0, id: "c1" }),
      more('{"a":', { index: 0 }),
      more("1}", { index: 0 }),
      piece("beta", "", { index: 0, id: "c2" }),
      more('{"b":', { index: 0 }),
      more("2}", { index: 0 }),
    ],
  ),
  row(
    "one index, one name, two ids",
    [
      "https://github.com/NousResearch/hermes-agent/pull/12930",
      "https://github.com/su-kaka/gcli2api/pull/406",
    ],
    [a({ index: 0, id: "c1" }), piece("alpha", '{"a":2}', { index: 0, id: "c2" })],
    [
      ["alpha", { a: 1 }],
      ["alpha", { a: 2 }],
    ],
  ),
  row(
    "one index, two names, no ids",
    ["https://github.com/omnigent-ai/omnigent/pull/28"],
    [a({ index: 0 }), b({ index: 0 })],
  ),
  row("no index, two ids", [GEMINI], [a({ id: "c1" }), b({ id: "c2" })]),
  row(
    "neither index nor id, two names",
    [GEMINI, "https://github.com/AstrBotDevs/AstrBot/pull/6692"],
    [a(), b()],
  ),
  row("neither index nor id, two calls in one chunk", [GEMINI], [[a(), b()]]),
  row(
    "no index: pieces without an id belong to the last call",
    ["https://github.com/oracle/langchain-oracle/issues/253"],
    [
      piece("alpha", "", { id: "c1" }),
      more('{"a"'),
      more(":1}"),
      piece("beta", "", { id: "c2" }),
      more('{"b"'),
      more(":2}"),
    ],
  ),
  row(
    "an index and no id",
    ["https://github.com/continuedev/continue/issues/13225"],
    [piece("alpha", '{"a"', { index: 0 }), more(":1}", { index: 0 }), b({ index: 1 })],
  ),
  row(
    "an empty id in every later piece",
    [
      "https://github.com/symfony/ai/pull/2220",
      "https://github.com/spring-projects/spring-ai/pull/6369",
    ],
    [
      piece("alpha", "", { index: 0, id: "c1" }),
      more('{"a":1}', { index: 0, id: "" }),
      piece("beta", "", { index: 1, id: "c2" }),
      more('{"b":2}', { index: 1, id: "" }),
    ],
  ),
  row(
    "an empty id, an empty name and no index in later pieces",
    ["https://github.com/tontinton/maki/pull/785"],
    [
      piece("alpha", "", { id: "c1" }),
      piece("", '{"a":1}', { id: "" }),
      piece("beta", "", { id: "c2" }),
      piece("", '{"b":2}', { id: "" }),
    ],
  ),
  row(
    "null as id and name in later pieces",
    ["https://github.com/sgl-project/sglang/pull/35542"],
    [
      piece("alpha", "", { index: 0, id: "c1" }),
      piece(null, '{"a":1}', { index: 0, id: null }),
      piece("beta", "", { index: 1, id: "c2" }),
      piece(null, '{"b":2}', { index: 1, id: null }),
    ],
  ),
  row(
    "an id that changes from piece to piece",
    ["https://github.com/cubist38/mlx-openai-server/pull/216"],
    [
      piece("alpha", "", { index: 0, id: "x1" }),
      more('{"a"', { index: 0, id: "x2" }),
      more(":1}", { index: 0, id: "x3" }),
      b({ index: 1, id: "x4" }),
    ],
  ),
  row(
    "a name that every piece repeats",
    ["https://github.com/cubist38/mlx-openai-server/pull/216"],
    [
      piece("alpha", '{"a"', { index: 0, id: "c1" }),
      piece("alpha", ":1}", { index: 0, id: "c1" }),
      piece("beta", '{"b"', { index: 1, id: "c2" }),
      piece("beta", ":2}", { index: 1, id: "c2" }),
    ],
  ),
  row(
    "indexes that begin with 1",
    ["https://github.com/BerriAI/litellm/issues/11407"],
    [a({ index: 1, id: "c1" }), b({ index: 2, id: "c2" })],
  ),
  row(
    "pieces that alternate",
    ["https://github.com/QwenLM/Qwen-Agent/pull/943"],
    [
      piece("alpha", "", { index: 0, id: "c1" }),
      piece("beta", "", { index: 1, id: "c2" }),
      more('{"a":', { index: 0 }),
      more('{"b":', { index: 1 }),
      more("1}", { index: 0 }),
      more("2}", { index: 1 }),
    ],
  ),
  row(
    "a call that is complete, and one with its index, without ids",
    ["https://github.com/huggingface/smolagents/pull/1958"],
    [a({ index: 0 }), piece("alpha", '{"a":2}', { index: 0 })],
    [
      ["alpha", { a: 1 }],
      ["alpha", { a: 2 }],
    ],
  ),
  {
    ...row("whole: two calls without index", [GEMINI], []),
    reply: () =>
      json(200, whole({ content: null, tool_calls: [a({ id: "c1" }), b({ id: "c2" })] })),
  },
  {
    ...row("whole: two calls with index 0", SAME_INDEX, []),
    reply: () =>
      json(200, whole({ tool_calls: [a({ index: 0, id: "c1" }), b({ index: 0, id: "c2" })] })),
  },
  {
    ...row("responses: two calls with one output index", SAME_INDEX, []),
    dialect: "responses",
    reply: () => {
      const calls = [
        { type: "function_call", id: "f1", call_id: "c1", name: "alpha", arguments: '{"a":1}' },
        { type: "function_call", id: "f2", call_id: "c2", name: "beta", arguments: '{"b":2}' },
      ];
      const streamed = calls.flatMap((call) => [
        item("added", { ...call, arguments: "" }),
        {
          type: "response.function_call_arguments.delta",
          output_index: 0,
          item_id: call.id,
          delta: call.arguments,
        },
        item("done", call),
      ]);
      return [created, ...streamed, completed(calls)];
    },
  },
  {
    ...row(
      "responses: deltas without item ids",
      ["https://github.com/mcowger/plexus/pull/694"],
      [],
    ),
    dialect: "responses",
    reply: () => {
      const calls = [
        { type: "function_call", id: "f1", call_id: "c1", name: "alpha" },
        { type: "function_call", id: "f2", call_id: "c2", name: "beta" },
      ];
      const delta = (output_index, delta) => ({
        type: "response.function_call_arguments.delta",
        output_index,
        delta,
      });
      return [
        created,
        item("added", { ...calls[0], arguments: "" }, 0),
        item("added", { ...calls[1], arguments: "" }, 1),
        delta(0, '{"a":'),
        delta(1, '{"b":'),
        delta(0, "1}"),
        delta(1, "2}"),
        item("done", { ...calls[0], arguments: '{"a":1}' }, 0),
        item("done", { ...calls[1], arguments: '{"b":2}' }, 1),
        completed([]),
      ];
    },
  },
  {
    ...row("messages: two blocks with one index", SAME_INDEX, []),
    dialect: "messages",
    reply: () => [
      start(),
      open(0, { type: "tool_use", id: "t1", name: "alpha", input: {} }),
      add(0, { type: "input_json_delta", partial_json: '{"a":1}' }),
      close(0),
      open(0, { type: "tool_use", id: "t2", name: "beta", input: {} }),
      add(0, { type: "input_json_delta", partial_json: '{"b":2}' }),
      close(0),
      ...end("tool_use"),
    ],
  },
  {
    ...row(
      "messages: arguments in the start of the blocks",
      ["https://github.com/MiniMax-AI/MiniMax-M2/issues/109"],
      [],
    ),
    dialect: "messages",
    reply: () => [
      start(),
      open(0, { type: "tool_use", id: "t1", name: "alpha", input: { a: 1 } }),
      close(0),
      open(1, { type: "tool_use", id: "t2", name: "beta", input: { b: 2 } }),
      close(1),
      ...end("tool_use"),
    ],
  },
];
