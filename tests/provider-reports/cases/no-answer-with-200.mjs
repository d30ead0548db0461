// Responses with status 200 that contain no answer. The error message contains the text of the
// response.
import { json } from "../wire.mjs";

const MINIMAX = "https://github.com/infiniflow/ragflow/issues/17292";
const GATEWAY = "https://github.com/XpressAI/xaibo/pull/36";

const row = (name, from, body, says, code) => [
  {
    name: `whole: ${name}`,
    from,
    reply: () => json(200, body),
    expect: { error: { code, says, lacks: "baseURL" } },
  },
  {
    name: `streamed: ${name}`,
    from,
    reply: () => [body, "[DONE]"],
    expect: { error: { code, says, lacks: "cut off" } },
  },
];

export default [
  ...row(
    "MiniMax: base_resp",
    [MINIMAX, "https://github.com/adrianlyjak/obsidian-aloud-tts/pull/114"],
    {
      id: "x",
      choices: null,
      base_resp: { status_code: 1008, status_msg: "insufficient balance" },
    },
    "insufficient balance",
    "insufficient_credits",
  ),
  ...row(
    "a code and a message",
    [GATEWAY],
    { code: "rate_limit_daily", message: "The daily limit is reached." },
    "The daily limit is reached.",
  ),
  ...row(
    "code and msg",
    [GATEWAY],
    { code: 1113, msg: "The account is empty." },
    "account is empty",
  ),
  ...row(
    "a detail",
    ["https://github.com/langchain-ai/langchain/pull/35236"],
    { detail: "The engine is starting." },
    "The engine is starting.",
  ),
  ...row(
    "errors in a list",
    ["https://github.com/cloudflare/cloudflare-docs/issues/15116"],
    { result: null, success: false, errors: [{ code: 7009, message: "Upstream unavailable" }] },
    "Upstream unavailable",
  ),
  ...row(
    "error_code and error_msg",
    ["https://github.com/yihong0618/xiaogpt/issues/118"],
    { error_code: 17, error_msg: "Open api daily request limit reached" },
    "daily request limit reached",
  ),
  ...row(
    "vLLM's object",
    ["https://github.com/huggingface/text-generation-inference/issues/2749"],
    { object: "error", message: "The prompt is empty.", type: "BadRequestError", code: 400 },
    "The prompt is empty.",
    "invalid_request",
  ),
  ...row(
    "TGI's error beside its type",
    [
      "https://github.com/huggingface/text-generation-inference/issues/2749",
      "https://github.com/opea-project/GenAIInfra/issues/487",
    ],
    { error: "Input validation error: the inputs are empty", error_type: "validation" },
    "the inputs are empty",
  ),
  {
    name: "whole: no choices and no words",
    from: ["https://github.com/plastic-labs/honcho/pull/1184"],
    reply: () => json(200, { id: "x", object: "chat.completion", choices: [] }),
    expect: { error: { not: "network_error" } },
  },
  {
    name: "TGI's error as Python's bytes",
    from: ["https://github.com/opea-project/GenAIInfra/issues/487"],
    reply: () => [`b'{"error":"Input validation error: too long","error_type":"validation"}'`],
    expect: { error: { says: "Input validation error: too long" } },
  },
  {
    name: "responses: whole: a message",
    from: [GATEWAY],
    dialect: "responses",
    reply: () => json(200, { code: 500, message: "The model is gone." }),
    expect: { error: { says: "The model is gone." } },
  },
  {
    name: "messages: whole: a message",
    from: [GATEWAY],
    dialect: "messages",
    reply: () => json(200, { code: 500, message: "The model is gone." }),
    expect: { error: { says: "The model is gone." } },
  },
];
