// Signed parts that must be sent back to the provider. In the tool loops of panelist and analyst,
// the run sends them back. If the caller runs the writer's tools, `result.message` contains them.
import {
  add,
  answer,
  calling,
  chunk,
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

const GEMINI = [
  "https://github.com/BerriAI/litellm/issues/16893",
  "https://github.com/securo-finance/securo/issues/884",
];
const GEMINI_WHOLE = "https://github.com/labring/aiproxy/issues/450";
const DEEPSEEK = [
  "https://github.com/abhigyanpatwari/GitNexus/issues/43",
  "https://github.com/NousResearch/hermes-agent/issues/16388",
];
const OPENROUTER = [
  "https://github.com/jeremychone/rust-genai/issues/298",
  "https://github.com/earendil-works/pi/issues/7994",
];
const CLAUDE = [
  "https://github.com/RooCodeInc/Roo-Code/pull/10351",
  "https://github.com/WordPress/ai-provider-for-anthropic/issues/30",
];
const RESPONSES = ["https://github.com/jeremychone/rust-genai/pull/227"];

const SIGNED = { google: { thought_signature: "SIG" } };
const call = (more) => piece("own", "{}", { index: 0, id: "c1", ...more });
const made = (messages) => messages.find(({ tool_calls }) => tool_calls);
const missing = json(400, [
  {
    error: {
      code: 400,
      message: "Function call is missing a thought_signature in functionCall parts.",
      status: "INVALID_ARGUMENT",
    },
  },
]);
const details = [
  { type: "reasoning.text", text: "Light", signature: "SIG", id: "r1", index: 0, format: "x" },
  { type: "reasoning.encrypted", data: "ENC", id: "r2", index: 1, format: "x" },
];

/** Turns with a tool call. The server refuses the next turn if the signed parts are missing. */
const turns = [
  {
    name: "Gemini: the signature of a call",
    from: GEMINI,
    reply: () => [calling(call({ extra_content: SIGNED })), stop(), DONE],
    isSigned: ({ messages }) =>
      made(messages).tool_calls[0].extra_content?.google?.thought_signature === "SIG",
  },
  {
    name: "Gemini: the signature of a call in a whole answer",
    from: [GEMINI_WHOLE],
    reply: () => json(200, whole({ content: null, tool_calls: [call({ extra_content: SIGNED })] })),
    isSigned: ({ messages }) =>
      made(messages).tool_calls[0].extra_content?.google?.thought_signature === "SIG",
  },
  {
    name: "Gemini: the signature comes with a later piece",
    from: ["https://github.com/langroid/langroid/pull/969"],
    reply: () => [
      calling(call()),
      calling({ index: 0, extra_content: SIGNED }),
      stop("tool_calls"),
      DONE,
    ],
    isSigned: ({ messages }) =>
      made(messages).tool_calls[0].extra_content?.google?.thought_signature === "SIG",
  },
  {
    name: "a gateway: the signature in provider_specific_fields",
    from: [GEMINI[0]],
    reply: () => [
      calling(call({ provider_specific_fields: { thought_signature: "SIG" } })),
      stop("tool_calls"),
      DONE,
    ],
    isSigned: ({ messages }) =>
      made(messages).tool_calls[0].provider_specific_fields?.thought_signature === "SIG",
  },
  {
    name: "DeepSeek: reasoning_content",
    from: DEEPSEEK,
    reply: () => [
      chunk({ reasoning_content: "Light " }),
      chunk({ reasoning_content: "scatters." }),
      calling(call()),
      stop("tool_calls"),
      DONE,
    ],
    isSigned: ({ messages }) => made(messages).reasoning_content === "Light scatters.",
  },
  {
    name: "OpenRouter: reasoning_details",
    from: OPENROUTER,
    reply: () => [
      chunk({ reasoning: "Light", reasoning_details: [details[0]] }),
      chunk({ reasoning_details: [details[1]] }),
      calling(call()),
      stop("tool_calls"),
      DONE,
    ],
    isSigned: ({ messages }) =>
      JSON.stringify(made(messages).reasoning_details) === JSON.stringify(details),
  },
  {
    name: "OpenRouter: reasoning_details in a whole answer",
    from: OPENROUTER,
    reply: () =>
      json(
        200,
        whole(
          { content: null, reasoning_details: details, tool_calls: [call()] },
          { finish_reason: "tool_calls" },
        ),
      ),
    isSigned: ({ messages }) =>
      JSON.stringify(made(messages).reasoning_details) === JSON.stringify(details),
  },
  {
    name: "Claude: signed thinking",
    from: CLAUDE,
    dialect: "messages",
    reply: () => [
      start(),
      open(0, { type: "thinking", thinking: "", signature: "" }),
      add(0, { type: "thinking_delta", thinking: "Light scatters." }),
      add(0, { type: "signature_delta", signature: "SIG" }),
      close(0),
      open(1, { type: "redacted_thinking", data: "ENC" }),
      close(1),
      open(2, { type: "tool_use", id: "c1", name: "own", input: {} }),
      add(2, { type: "input_json_delta", partial_json: "{}" }),
      close(2),
      ...end("tool_use"),
    ],
    isSigned: ({ messages }) => {
      const [thinking, redacted] = messages.find(({ role }) => role === "assistant").content;
      return (
        thinking.thinking === "Light scatters." &&
        thinking.signature === "SIG" &&
        redacted.data === "ENC"
      );
    },
  },
  {
    name: "OpenAI: encrypted reasoning",
    from: RESPONSES,
    dialect: "responses",
    reply: () => {
      const thought = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "ENC" };
      const asked = {
        type: "function_call",
        id: "f1",
        call_id: "c1",
        name: "own",
        arguments: "{}",
      };
      return [created, item("done", thought), item("done", asked, 1), completed([thought, asked])];
    },
    isSigned: ({ input }) => input.some(({ encrypted_content }) => encrypted_content === "ENC"),
  },
];

const inLoops = turns.map(({ isSigned, ...turn }) => ({
  ...turn,
  name: `loop: ${turn.name}`,
  roles: ["panelist", "analyst"],
  tools: ["own"],
  later: (say, { body }) => (isSigned(body) ? answer[turn.dialect ?? "chat"](say) : missing),
  expect: {},
}));
const inMessages = turns.map(({ isSigned, ...turn }) => ({
  ...turn,
  name: `result.message: ${turn.name}`,
  roles: ["writer"],
  tools: ["own"],
  next: {},
  later: (say, { body }) => (isSigned(body) ? answer[turn.dialect ?? "chat"](say) : missing),
  expect: { sent: (calls) => calls.length === 2 },
}));

export default [
  ...inLoops,
  ...inMessages,
  {
    name: "result.message: a plain answer is an assistant's message",
    from: DEEPSEEK,
    roles: ["writer"],
    reply: (say) => answer.chat(say),
    expect: {
      message: ({ role, content }) =>
        role === "assistant" && content === "The sky is blue, by day.",
    },
  },
  {
    name: "result.message: a plain answer with thinking, for a provider that wants it back",
    from: ["https://github.com/openclaw/openclaw/issues/73417"],
    roles: ["writer"],
    next: {},
    reply: (say) => [chunk({ reasoning_content: "Light." }), ...answer.chat(say)],
    later: (say, { body }) =>
      body.messages.some(({ reasoning_content }) => reasoning_content === "Light.")
        ? answer.chat(say)
        : json(400, { error: { message: "The `reasoning_content` must be passed back." } }),
    expect: {},
  },
  {
    name: "result.message: what was signed is dropped where the next writer is another model",
    from: ["https://github.com/OpenRouterTeam/ai-sdk-provider/issues/491"],
    roles: ["writer"],
    tools: ["own"],
    next: { model: "p:other" },
    reply: () => [calling(call({ extra_content: SIGNED })), stop("tool_calls"), DONE],
    later: "answer",
    expect: {
      sent: ([, { body }]) => made(body.messages) && !JSON.stringify(body).includes("SIG"),
    },
  },
];
