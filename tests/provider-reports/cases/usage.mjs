// Usage in fields with other names. Empty usage at the end of a stream must not erase earlier
// usage.
import {
  add,
  answer,
  close,
  completed,
  created,
  DONE,
  end,
  json,
  open,
  outputText,
  says,
  start,
  stop,
  usageChunk,
  whole,
} from "../wire.mjs";

const MOONSHOT = [
  "https://github.com/earendil-works/pi/issues/2017",
  "https://github.com/northes/go-moonshot/issues/17",
];
const GROQ = "https://github.com/Helicone/helicone/pull/3497";
const TRAILING = "https://github.com/openai/openai-agents-js/pull/1474";
const ZEROS = "https://github.com/router-for-me/CLIProxyAPI/pull/3077";

const real = { prompt_tokens: 19, completion_tokens: 13 };
const text = (say) => say.map((part) => says(part));
const row = (name, from, reply, usage = real, more = {}) => ({
  name,
  from,
  reply,
  expect: { usage },
  ...more,
});
const groq = { id: "req_1", usage: { ...real, queue_time: 0.1, total_time: 0.2 } };

export default [
  row("in the last choice", MOONSHOT, (say) => [
    ...text(say),
    { choices: [{ index: 0, delta: {}, finish_reason: "stop", usage: real }] },
    DONE,
  ]),
  row("in the choice of a whole answer", MOONSHOT, (say) =>
    json(200, whole({ content: say.join("") }, { usage: real })),
  ),
  row("in the last choice, then null beside the choices", MOONSHOT, (say) => [
    ...text(say),
    { choices: [{ index: 0, delta: {}, finish_reason: "stop", usage: real }], usage: null },
    DONE,
  ]),
  row("in x_groq", [GROQ], (say) => [...text(say), stop("stop", { x_groq: groq }), DONE]),
  row("in x_groq of the first and the last chunk", [GROQ], (say) => [
    says("", {}, { x_groq: { id: "req_1" } }),
    ...text(say),
    stop("stop", { x_groq: groq }),
    DONE,
  ]),
  row(
    "in x_groq and in a chunk of its own",
    ["https://github.com/Portkey-AI/gateway/issues/1338"],
    (say) => [...text(say), stop("stop", { x_groq: groq }), usageChunk(real), DONE],
  ),
  row("an empty object after it", [TRAILING], (say) => [
    ...text(say),
    stop("stop", { usage: real }),
    usageChunk({}),
    DONE,
  ]),
  row("null after it", ["https://github.com/zavora-ai/adk-rust/pull/645"], (say) => [
    ...text(say),
    stop("stop", { usage: real }),
    { id: "c-1", choices: [], usage: null },
    DONE,
  ]),
  row("zeros after it", [TRAILING], (say) => [
    ...text(say),
    stop("stop", { usage: real }),
    usageChunk({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }),
    DONE,
  ]),
  row(
    "a chunk without usage after it",
    ["https://github.com/BerriAI/litellm/issues/17136"],
    (say) => [...text(say), stop("stop", { usage: real }), { id: "c-1", choices: [] }, DONE],
  ),
  row("zeros before it", [ZEROS], (say) => [
    ...say.map((part) => says(part, {}, { usage: { prompt_tokens: 0, completion_tokens: 0 } })),
    stop("stop", { usage: real }),
    DONE,
  ]),
  row("null before it", ["https://github.com/router-for-me/CLIProxyAPI/pull/3221"], (say) => [
    ...say.map((part) => says(part, {}, { usage: null })),
    stop("stop", { usage: null }),
    usageChunk(real),
    DONE,
  ]),
  row(
    "in the last chunk of the text",
    ["https://github.com/odysseus-dev/odysseus/pull/1703"],
    (say) => [
      says(say[0]),
      says(say[1]),
      says(say[2], { finish_reason: "stop" }, { usage: real }),
      DONE,
    ],
  ),
  row("in every chunk, growing", ["https://github.com/vllm-project/vllm/pull/6652"], (say) => [
    ...say.map((part, at) =>
      says(part, {}, { usage: { prompt_tokens: 19, completion_tokens: at + 1 } }),
    ),
    stop("stop", { usage: real }),
    DONE,
  ]),
  row(
    "the names of Responses in Chat Completions",
    ["https://github.com/router-for-me/CLIProxyAPI/pull/3221"],
    (say) => [...text(say), stop("stop", { usage: { input_tokens: 19, output_tokens: 13 } }), DONE],
  ),
  row(
    "messages: in the last event only",
    ["https://github.com/chenyme/grok2api/issues/612"],
    (say) => [
      start(),
      ...answer.messages(say).slice(1, -2),
      ...end("end_turn", { usage: { input_tokens: 19, output_tokens: 13 } }),
    ],
    real,
    { dialect: "messages" },
  ),
  row(
    "messages: zeros at the start",
    ["https://github.com/chenyme/grok2api/issues/612"],
    (say) => [
      start({ usage: { input_tokens: 0, output_tokens: 0 } }),
      open(0, { type: "text", text: "" }),
      add(0, { type: "text_delta", text: say.join("") }),
      close(0),
      ...end("end_turn", { usage: { input_tokens: 19, output_tokens: 13 } }),
    ],
    real,
    { dialect: "messages" },
  ),
  row(
    "messages: zeros at the end do not erase the start",
    ["https://github.com/chenyme/grok2api/issues/612"],
    (say) => [
      start({ usage: { input_tokens: 19, output_tokens: 1 } }),
      ...answer.messages(say).slice(1, -2),
      ...end("end_turn", { usage: { input_tokens: 0, output_tokens: 13 } }),
    ],
    real,
    { dialect: "messages" },
  ),
  row(
    "responses: the names of Chat Completions",
    ["https://github.com/router-for-me/CLIProxyAPI/pull/3221"],
    (say) => [
      created,
      ...say.map((part) => outputText(part)),
      completed([], { usage: { prompt_tokens: 19, completion_tokens: 13 } }),
    ],
    real,
    { dialect: "responses" },
  ),
];
