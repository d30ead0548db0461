// Streams that end without the end marker of their format. A stream that was cut off must still be
// a failure.
import {
  add,
  answer,
  calling,
  chunk,
  close,
  created,
  DONE,
  json,
  open,
  outputText,
  piece,
  says,
  start,
  stop,
  usageChunk,
  whole,
} from "../wire.mjs";

const USAGE_LAST = "https://github.com/earendil-works/pi/issues/7441";
const EACH = [
  "https://github.com/alfredapp/openai-workflow/pull/52",
  "https://github.com/rashidrazak/opencode-cmd-provider/pull/213",
];
const CUT = { error: { code: "network_error", says: "cut off" } };
const usage = { prompt_tokens: 10, completion_tokens: 5 };
const text = (say) => say.map((part) => says(part));

const finish = (name, from, reason, expect, more = {}) => ({
  name,
  from,
  reply: (say) => [...text(say), stop(reason), DONE],
  expect,
  ...more,
});
const empty = (name, from, reason) => ({
  name,
  from,
  reply: () => [stop(reason), DONE],
  expect: { error: { code: "content_policy" } },
});

export default [
  {
    name: "usage is the last chunk",
    from: [USAGE_LAST],
    reply: (say) => [...text(say), usageChunk(usage)],
    expect: { usage },
  },
  {
    name: "usage is the last chunk, with an empty choice",
    from: [USAGE_LAST],
    reply: (say) => [...text(say), chunk({}, {}, { usage })],
    expect: { usage },
  },
  {
    name: "text and no end is a cut",
    from: ["https://github.com/BerriAI/litellm/pull/40266"],
    reply: (say) => text(say),
    expect: CUT,
  },
  {
    name: "usage in every chunk and no end is a cut",
    from: EACH,
    reply: (say) => say.map((part) => says(part, {}, { usage })),
    expect: CUT,
  },
  {
    name: "usage in every chunk, and the cut is after a chunk without text",
    from: EACH,
    reply: (say) => [says(say[0], {}, { usage }), chunk({}, {}, { usage })],
    expect: CUT,
  },
  {
    name: "usage in every chunk and an end",
    from: EACH,
    reply: (say) => [
      ...say.map((part, at) =>
        says(part, {}, { usage: { prompt_tokens: 10, completion_tokens: at + 1 } }),
      ),
      stop("stop", { usage }),
    ],
    expect: { usage, finish: "stop" },
  },
  {
    name: "complete calls and no finish reason",
    from: ["https://github.com/earendil-works/pi/issues/6226"],
    tools: ["alpha"],
    later: "answer",
    reply: () => [calling(piece("alpha", '{"a":1}', { index: 0, id: "c1" })), usageChunk(usage)],
    expect: { ran: [["alpha", { a: 1 }]] },
  },
  {
    name: "a call that is cut is not run",
    from: ["https://github.com/earendil-works/pi/issues/6226"],
    tools: ["alpha"],
    reply: () => [calling(piece("alpha", '{"a":', { index: 0, id: "c1" }))],
    expect: CUT,
  },
  {
    name: "finishReason",
    from: ["https://github.com/jakobdylanc/llmcord/issues/84"],
    reply: (say) => [...text(say), chunk({}, { finishReason: "stop" })],
    expect: { finish: "stop" },
  },
  {
    name: "[DONE] and no finish reason",
    from: ["https://github.com/openai/openai-node/issues/1292"],
    reply: (say) => [...text(say), DONE],
    expect: {},
  },
  {
    name: "a finish reason and no [DONE]",
    from: ["https://github.com/MLT-OSS/open-assistant-api/pull/28"],
    reply: (say) => [...text(say), stop()],
    expect: { finish: "stop" },
  },
  {
    name: "messages: a stop reason and no message_stop",
    from: ["https://github.com/chenyme/grok2api/issues/612"],
    dialect: "messages",
    reply: (say) => answer.messages(say).slice(0, -1),
    expect: { finish: "stop" },
  },
  {
    name: "messages: a block that ends, and nothing more, is a cut",
    from: ["https://github.com/BerriAI/litellm/pull/40266"],
    dialect: "messages",
    reply: (say) => answer.messages(say).slice(0, -2),
    expect: CUT,
  },
  {
    name: "messages: [DONE] and no stop reason",
    from: ["https://github.com/can1357/oh-my-pi/issues/9433"],
    dialect: "messages",
    reply: (say) => [
      start(),
      open(0, { type: "text", text: "" }),
      add(0, { type: "text_delta", text: say.join("") }),
      close(0),
      DONE,
    ],
    expect: {},
  },
  {
    name: "responses: [DONE] and no final response",
    from: ["https://github.com/ogx-ai/ogx/issues/5309"],
    dialect: "responses",
    reply: (say) => [created, ...say.map((part) => outputText(part)), DONE],
    expect: {},
  },
  {
    name: "responses: text and no end is a cut",
    from: ["https://github.com/BerriAI/litellm/pull/40266"],
    dialect: "responses",
    reply: (say) => [created, outputText(say[0])],
    expect: CUT,
  },
  {
    name: "responses: response.incomplete",
    from: ["https://github.com/BerriAI/litellm/pull/37710"],
    dialect: "responses",
    reply: (say) => [
      created,
      ...say.map((part) => outputText(part)),
      {
        type: "response.incomplete",
        response: {
          status: "incomplete",
          incomplete_details: { reason: "max_output_tokens" },
          output: [],
        },
      },
    ],
    expect: { finish: "length" },
  },
  {
    name: "the provider runs out of resources with half a text",
    from: ["https://github.com/can1357/oh-my-pi/pull/8563"],
    roles: ["panelist", "writer"],
    reply: () => [says("The sky is"), stop("insufficient_system_resource"), DONE],
    expect: { reported: true, snapshot: "The sky is" },
  },
  {
    name: "the provider runs out of resources without a text",
    from: ["https://github.com/can1357/oh-my-pi/pull/8563"],
    reply: () => [stop("insufficient_system_resource"), DONE],
    expect: { error: { says: "insufficient_system_resource" } },
  },
  {
    name: "the finish reason error with half a text",
    from: ["https://github.com/diegosouzapw/OmniRoute/pull/8210"],
    roles: ["panelist", "writer"],
    reply: () => [says("The sky is"), stop("error"), DONE],
    expect: { reported: true, snapshot: "The sky is" },
  },
  {
    name: "the finish reason abort with half a text, as a whole answer",
    from: ["https://github.com/can1357/oh-my-pi/pull/8563"],
    roles: ["panelist", "writer"],
    reply: () =>
      json(
        200,
        whole({ content: "The sky is" }, { finish_reason: "insufficient_system_resource" }),
      ),
    expect: { reported: true, snapshot: "The sky is" },
  },
  empty(
    "content_filter with a reason, and no text",
    ["https://github.com/HKUDS/Vibe-Trading/pull/308"],
    "content_filter: PROHIBITED_CONTENT",
  ),
  empty(
    "content_filter with another reason, and no text",
    ["https://github.com/epam/ai-dial-adapter-vertexai/issues/85"],
    "content_filter: RECITATION",
  ),
  ...["SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION"].map((reason) =>
    empty(
      `Google's ${reason}, and no text`,
      [
        "https://github.com/NousResearch/hermes-agent/pull/63263",
        "https://github.com/HKUDS/Vibe-Trading/pull/308",
      ],
      reason,
    ),
  ),
  empty(
    "Zhipu's sensitive, and no text",
    ["https://docs.z.ai/api-reference/llm/chat-completion"],
    "sensitive",
  ),
  empty(
    "content_filter, and no text",
    ["https://github.com/openai/openai-python/issues/786"],
    "content_filter",
  ),
  {
    name: "content_filter as a whole answer with null as text",
    from: ["https://github.com/bespokelabsai/curator/issues/261"],
    reply: () =>
      json(200, whole({ content: null }, { finish_reason: "content_filter: RECITATION" })),
    expect: { error: { code: "content_policy" } },
  },
  finish(
    "a finish reason of the provider's own is passed on",
    ["https://github.com/openai/openai-dotnet/pull/267"],
    "eos",
    { finish: "eos" },
    { roles: ["panelist", "writer"] },
  ),
  finish(
    "a finish reason in capitals is passed on",
    ["https://github.com/epam/ai-dial-adapter-vertexai/issues/85"],
    "MAX_TOKENS",
    { finish: "MAX_TOKENS" },
    { roles: ["panelist", "writer"] },
  ),
];
