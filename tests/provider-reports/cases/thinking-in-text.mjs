// Thinking that is not in the usual field: in tags at the start of the text, in Mistral's parts, or
// in fields with other names.
import {
  add,
  chunk,
  close,
  completed,
  created,
  DONE,
  end,
  json,
  message,
  open,
  outputText,
  says,
  start,
  stop,
  whole,
} from "../wire.mjs";

const VLLM = "https://github.com/vllm-project/vllm/issues/13375";
const OLLAMA = "https://github.com/ollama/ollama/issues/8529";
const TEMPLATE = [
  "https://github.com/ItzCrazyKns/Vane/pull/1034",
  "https://github.com/perplexityai/api-discussion/issues/177",
];
const MISTRAL = [
  "https://github.com/BerriAI/litellm/issues/16272",
  "https://github.com/vercel/ai/pull/8072",
];

const texts = (...list) => [...list.map((text) => says(text)), stop(), DONE];
const thought = { reasoning: "let me see" };
const thinking = (text) => ({ type: "thinking", thinking: [{ type: "text", text }] });

export default [
  {
    name: "tags in chunks of their own",
    from: [VLLM, OLLAMA],
    reply: (say) => texts("<think>", "let me see", "</think>", "\n\n", ...say),
    expect: thought,
  },
  {
    name: "tags and text, letter by letter",
    from: [VLLM, "https://github.com/nbramia/LifeOS/pull/568"],
    reply: (say) => texts(..."<think>let me see</think>\n\n", ...say),
    expect: thought,
  },
  {
    name: "tags and text in one chunk",
    from: [VLLM],
    reply: (say) => texts(`<think>let me see</think>\n\n${say.join("")}`),
    expect: thought,
  },
  {
    name: "line breaks around the tags",
    from: [OLLAMA],
    reply: (say) => texts("\n<think>\nlet me", " see\n</think>\n\n", ...say),
    expect: { reasoning: "let me see" },
  },
  {
    name: "an empty thought",
    from: [OLLAMA],
    reply: (say) => texts("<think>\n\n</think>\n\n", ...say),
    expect: {},
  },
  {
    name: "a whole answer with tags",
    from: ["https://github.com/danny-avila/LibreChat/pull/13405"],
    reply: (say) => json(200, whole({ content: `<think>let me see</think>\n\n${say.join("")}` })),
    expect: thought,
  },
  {
    name: "a tag in the middle of the text is text",
    from: ["https://github.com/nbramia/LifeOS/pull/568"],
    roles: ["panelist", "writer"],
    reply: () => texts("Use <think>", " and </think> as", " tags."),
    expect: { content: () => "Use <think> and </think> as tags.", reasoning: "" },
  },
  {
    name: "a text that begins like a tag is text",
    from: ["https://github.com/nbramia/LifeOS/pull/568"],
    roles: ["panelist", "writer"],
    reply: () => texts("<", "thin", "ker> is a word", "."),
    expect: { content: () => "<thinker> is a word.", reasoning: "" },
  },
  {
    name: "a text that is the beginning of a tag",
    from: ["https://github.com/nbramia/LifeOS/pull/568"],
    roles: ["panelist", "writer"],
    reply: () => texts("<th"),
    expect: { content: () => "<th", reasoning: "" },
  },
  {
    name: "a second pair of tags is text",
    from: ["https://github.com/nbramia/LifeOS/pull/568"],
    roles: ["panelist", "writer"],
    reply: () => texts("<think>a</think>", "One <think>b</think>", " two."),
    expect: { content: () => "One <think>b</think> two.", reasoning: "a" },
  },
  {
    name: "an unclosed tag",
    from: ["https://github.com/bytedance/deer-flow/pull/3218"],
    reply: () => texts("<think>", "let me see"),
    expect: { error: { code: "empty_response" }, reasoning: "let me see" },
    roles: ["panelist", "writer"],
  },
  {
    name: "an unclosed tag: its text is in the snapshot",
    from: ["https://github.com/bytedance/deer-flow/pull/3218"],
    roles: ["writer"],
    reply: () => texts("<think>", "let me see"),
    expect: { error: { code: "empty_response" }, snapshot: "let me see" },
  },
  {
    name: "a closing tag whose opening the template swallowed",
    from: TEMPLATE,
    reply: (say) => texts("let me", " see", "</think>", "\n\n", ...say),
    expect: {},
  },
  {
    name: "a closing tag without opening, split",
    from: TEMPLATE,
    reply: (say) => texts("let me see</thi", "nk>\n\n", ...say),
    expect: {},
  },
  {
    name: "a closing tag without opening, in a whole answer",
    from: ["https://github.com/vllm-project/vllm/pull/14841"],
    reply: (say) => json(200, whole({ content: `let me see\n</think>\n\n${say.join("")}` })),
    expect: {},
  },
  {
    name: "a closing tag after thinking in its own field",
    from: ["https://github.com/SharpAI/SwiftLM/pull/115"],
    reply: (say) => [
      chunk({ reasoning_content: "let me see" }),
      ...texts("</think>", "\n\n", ...say),
    ],
    expect: thought,
  },
  {
    name: "messages: tags in the text",
    from: [VLLM],
    dialect: "messages",
    reply: (say) => [
      start(),
      open(0, { type: "text", text: "" }),
      ...["<thi", "nk>let me see", "</think>\n\n", ...say].map((text) =>
        add(0, { type: "text_delta", text }),
      ),
      close(0),
      ...end(),
    ],
    expect: thought,
  },
  {
    name: "responses: tags in the text",
    from: [VLLM],
    dialect: "responses",
    reply: (say) => [
      created,
      ...["<thi", "nk>let me see", "</think>\n\n", ...say].map((text) => outputText(text)),
      completed([message(`<think>let me see</think>\n\n${say.join("")}`)]),
    ],
    expect: thought,
  },
  {
    name: "responses: tags in the final response alone",
    from: [VLLM],
    dialect: "responses",
    reply: (say) => [created, completed([message(`<think>let me see</think>${say.join("")}`)])],
    expect: thought,
  },
  {
    name: "Mistral: thinking parts",
    from: MISTRAL,
    reply: (say) => [
      chunk({ role: "assistant", content: "" }),
      chunk({ content: [thinking("let me")] }),
      chunk({ content: [thinking(" see")] }),
      chunk({ content: [{ type: "text", text: say[0] }] }),
      ...texts(say[1], say[2]),
    ],
    expect: thought,
  },
  {
    name: "Mistral: thinking parts in a whole answer",
    from: ["https://github.com/NousResearch/hermes-agent/pull/4748"],
    reply: (say) =>
      json(200, whole({ content: [thinking("let me see"), { type: "text", text: say.join("") }] })),
    expect: thought,
  },
  {
    name: "Mistral: a thinking part whose text is a string",
    from: ["https://github.com/agentjido/req_llm/issues/742"],
    reply: (say) => [
      chunk({ content: [{ type: "thinking", thinking: "let me see" }] }),
      ...texts(...say),
    ],
    expect: thought,
  },
  {
    name: "Mistral: thinking and text in one chunk",
    from: ["https://github.com/symfony/ai/issues/2422"],
    reply: (say) => [
      chunk({ content: [thinking("let me see"), { type: "text", text: say[0] }] }),
      ...texts(say[1], say[2]),
    ],
    expect: thought,
  },
  ...["thinking", "reasoning", "reasoning_content"].map((field) => ({
    name: `delta.${field}`,
    from: [
      "https://github.com/dirac-run/dirac/pull/227",
      "https://github.com/nhatbien/copilot-helper/pull/7",
    ],
    reply: (say) => [chunk({ [field]: "let me" }), chunk({ [field]: " see" }), ...texts(...say)],
    expect: thought,
  })),
  {
    name: "a whole answer with message.thinking",
    from: ["https://github.com/microsoft/vscode/issues/322938"],
    reply: (say) => json(200, whole({ content: say.join(""), thinking: "let me see" })),
    expect: thought,
  },
  {
    name: "reasoning and reasoning_content with the same text",
    from: ["https://github.com/odysseus-dev/odysseus/pull/591"],
    reply: (say) => [
      chunk({ reasoning: "let me see", reasoning_content: "let me see" }),
      ...texts(...say),
    ],
    expect: thought,
  },
];
