// If the default token limit exceeds the server's context window, the run lowers this limit to the
// server's limit, or leaves it out with a warning. If the caller has set the limit, the call fails.
import { answer, json } from "../wire.mjs";

const FIELDS = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
const limitOf = (body) => FIELDS.map((name) => body[name]).find((limit) => limit !== undefined);

/** Returns a row. If the limit of a call is above `most`, the reply is `refusal(limit)`. */
const row = (name, from, most, refusal, more = {}) => ({
  name,
  from,
  reply: (say, { body }) => {
    const limit = limitOf(body);
    return limit > most ? refusal(limit) : answer[more.dialect ?? "chat"](say);
  },
  expect: {
    anyWarning: true,
    sent: (calls) => {
      const limit = limitOf(calls.at(-1).body);
      return limit === undefined || (limit >= Math.min(most / 8, 512) && limit <= most);
    },
  },
  ...more,
});
const bad = (message, more = {}) => json(400, { error: { message, ...more } });

const window8192 = (limit) =>
  bad(
    `'max_tokens' is too large: ${limit}. This model's maximum context length is 8192 tokens and ` +
      `your request has 12 input tokens (${limit} > 8192 - 12).`,
    { type: "BadRequestError", param: "max_tokens", code: 400 },
  );

export default [
  row(
    "vLLM: the limit does not fit beside the prompt",
    ["https://github.com/vllm-project/vllm/issues/42474"],
    8180,
    window8192,
  ),
  row(
    "vLLM: prompt and completion are above the context length",
    ["https://github.com/ogx-ai/ogx/issues/4534"],
    5480,
    (limit) =>
      json(400, {
        object: "error",
        message:
          `This model's maximum context length is 6048 tokens. However, you requested ` +
          `${limit + 568} tokens (568 in the messages, ${limit} in the completion). ` +
          "Please reduce the length of the messages or completion.",
        type: "BadRequestError",
        param: null,
        code: 400,
      }),
  ),
  row(
    "OpenAI: context_length_exceeded for prompt and completion",
    ["https://github.com/gencay/vscode-chatgpt/issues/184"],
    3975,
    (limit) =>
      bad(
        `This model's maximum context length is 4096 tokens. However, you requested ` +
          `${limit + 121} tokens (121 in the messages, ${limit} in the completion).`,
        { type: "invalid_request_error", param: "messages", code: "context_length_exceeded" },
      ),
  ),
  row(
    "OpenAI: the most completion tokens of a model",
    ["https://github.com/diffbot/code-gpt-docs/issues/284"],
    4096,
    (limit) =>
      bad(
        `max_tokens is too large: ${limit}. This model supports at most 4096 completion tokens, ` +
          `whereas you provided ${limit}.`,
        { type: "invalid_request_error", param: "max_tokens", code: "invalid_value" },
      ),
  ),
  row(
    "Bedrock: the limit of the model",
    ["https://github.com/aws-samples/bedrock-access-gateway/issues/41"],
    2047,
    () =>
      bad(
        "An error occurred (ValidationException) when calling the ConverseStream operation: The " +
          "maximum tokens you requested exceeds the model limit of 2048. Try again with a " +
          "maximum tokens value that is lower than 2048.",
      ),
  ),
  row(
    "DeepSeek: the valid range",
    ["https://github.com/deepseek-ai/DeepSeek-V3/issues/69"],
    8192,
    () =>
      bad("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", {
        type: "invalid_request_error",
      }),
  ),
  row(
    "Groq: less than or equal",
    ["https://github.com/RooCodeInc/Roo-Code/issues/5136"],
    8192,
    () =>
      bad(
        "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` " +
          "is less than the `context_window` for this model",
        { type: "invalid_request_error", param: "max_tokens" },
      ),
  ),
  row(
    "Groq: tokens per minute",
    [
      "https://github.com/elizaOS/eliza/issues/4040",
      "https://github.com/Alishahryar1/free-claude-code/pull/1634",
    ],
    5900,
    (limit) =>
      json(413, {
        error: {
          message:
            "Request too large for model `m` in organization `o` service tier `on_demand` on " +
            `tokens per minute (TPM): Limit 6000, Requested ${limit + 100}, please reduce your ` +
            "message size and try again.",
          type: "tokens",
          code: "rate_limit_exceeded",
        },
      }),
  ),
  row(
    "Together and TGI: max_new_tokens",
    ["https://github.com/huggingface/huggingface_hub/issues/2763"],
    4085,
    (limit) =>
      json(422, {
        error:
          "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. " +
          `Given: 12 \`inputs\` tokens and ${limit} \`max_new_tokens\``,
        error_type: "validation",
      }),
  ),
  row(
    "llama-cpp-python: requested tokens",
    ["https://github.com/abetlen/llama-cpp-python/issues/120"],
    500,
    (limit) =>
      bad(`Requested tokens (${limit + 12}) exceed context window of 512`, {
        type: "invalid_request_error",
        code: "context_length_exceeded",
      }),
  ),
  row(
    "Anthropic: the most output tokens of a model",
    ["https://platform.claude.com/docs/en/api/messages"],
    8192,
    (limit) =>
      json(400, {
        type: "error",
        error: {
          type: "invalid_request_error",
          message:
            `max_tokens: ${limit} > 8192, which is the maximum allowed number of output tokens ` +
            "for claude-3-5-haiku",
        },
      }),
    { dialect: "messages" },
  ),
  row(
    "Anthropic: prompt and limit are above the context limit",
    ["https://github.com/docker/docker-agent/issues/569"],
    9000,
    (limit) =>
      json(400, {
        type: "error",
        error: {
          type: "invalid_request_error",
          message:
            `input length and \`max_tokens\` exceed context limit: 191000 + ${limit} > 200000, ` +
            "decrease input length or `max_tokens` and try again",
        },
      }),
    { dialect: "messages" },
  ),
  row(
    "responses: max_output_tokens",
    ["https://github.com/vllm-project/vllm/issues/42474"],
    8180,
    (limit) =>
      bad(
        `'max_output_tokens' is too large: ${limit}. This model's maximum context length is 8192 ` +
          `tokens and your request has 12 input tokens (${limit} > 8192 - 12).`,
        { type: "BadRequestError", param: "max_output_tokens", code: 400 },
      ),
    { dialect: "responses" },
  ),
  row(
    "a wrapped refusal of the limit",
    ["https://github.com/dyad-sh/dyad/issues/643"],
    4096,
    (limit) =>
      json(400, {
        error: {
          message: "Provider returned error",
          code: 400,
          metadata: {
            raw: JSON.stringify({
              error: {
                message: `max_tokens is too large: ${limit}. This model supports at most 4096.`,
                param: "max_tokens",
              },
            }),
          },
        },
      }),
  ),
  row(
    "words without a number: the limit is left out",
    ["https://github.com/dyad-sh/dyad/issues/643"],
    4096,
    () => bad("max_tokens is too large for this model.", { param: "max_tokens" }),
    { expect: { anyWarning: true } },
  ),
  row(
    "a limit that the caller gave is an error",
    ["https://github.com/vllm-project/vllm/issues/42474"],
    8180,
    window8192,
    {
      model: { max_completion_tokens: 9000 },
      expect: { error: { says: "8192" } },
    },
  ),
  row(
    "a prompt that does not fit is an error",
    ["https://github.com/webtimemachine/wtm2/issues/579"],
    -1,
    () =>
      bad(
        "This model's maximum context length is 128000 tokens. However, your messages resulted " +
          "in 204308 tokens. Please reduce the length of the messages.",
        { param: "messages", code: "context_length_exceeded" },
      ),
    { expect: { error: { code: "context_length_exceeded" }, count: 1 } },
  ),
];
