// Servers that expect another name for the token limit. The run sends the limit under the name that
// the server expects. The run never omits the limit, because it limits the cost.
import { answer, json } from "../wire.mjs";

const AZURE = [
  "https://github.com/BerriAI/litellm/issues/13432",
  "https://github.com/anomalyco/opencode/issues/37964",
];
const OPENROUTER = { at: "openrouter", baseURL: null, provider: { dialect: "chat" } };

const row = (name, from, refused, wanted, reply, more = {}) => ({
  name,
  from,
  request: { max_completion_tokens: 500 },
  reply: (say, { body }) => (refused in body ? reply : answer[more.dialect ?? "chat"](say)),
  expect: { anyWarning: true, sent: (calls) => calls.at(-1).body[wanted], holds: 500 },
  ...more,
});
const bad = (message, more = {}) => json(400, { error: { message, ...more } });

const unsupported = (name, other) =>
  bad(
    `Unsupported parameter: '${name}' is not supported with this model. Use '${other}' instead.`,
    { type: "invalid_request_error", param: name, code: "unsupported_parameter" },
  );

export default [
  row(
    "Azure: max_tokens",
    AZURE,
    "max_tokens",
    "max_completion_tokens",
    unsupported("max_tokens", "max_completion_tokens"),
  ),
  row(
    "Azure: max_tokens, with the default limit",
    AZURE,
    "max_tokens",
    "max_completion_tokens",
    unsupported("max_tokens", "max_completion_tokens"),
    {
      request: {},
      expect: {
        anyWarning: true,
        sent: (calls) => calls.at(-1).body.max_completion_tokens,
        holds: 16_000,
      },
    },
  ),
  row(
    "words without param",
    ["https://github.com/enoch3712/ExtractThinker/issues/327"],
    "max_tokens",
    "max_completion_tokens",
    bad("'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."),
  ),
  row(
    "max_tokens is an extra input",
    ["https://github.com/agentscope-ai/QwenPaw/issues/4605"],
    "max_tokens",
    "max_completion_tokens",
    json(422, {
      detail: [
        {
          type: "extra_forbidden",
          loc: ["body", "max_tokens"],
          msg: "Extra inputs are not permitted",
        },
      ],
    }),
  ),
  row(
    "Mistral: max_completion_tokens in the message's detail",
    ["https://github.com/editor-code-assistant/eca/issues/231"],
    "max_completion_tokens",
    "max_tokens",
    json(422, {
      object: "error",
      message: {
        detail: [
          {
            type: "extra_forbidden",
            loc: ["body", "max_completion_tokens"],
            msg: "Extra inputs are not permitted",
            input: 500,
          },
        ],
      },
      type: "invalid_request_error",
      param: null,
      code: null,
    }),
    OPENROUTER,
  ),
  row(
    "vLLM: max_completion_tokens in Python's form",
    [
      "https://github.com/voideditor/void/issues/128",
      "https://github.com/1Panel-dev/MaxKB/issues/2912",
    ],
    "max_completion_tokens",
    "max_tokens",
    json(400, {
      object: "error",
      message:
        "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), " +
        "'msg': 'Extra inputs are not permitted', 'input': 500}]",
      type: "BadRequestError",
      param: null,
      code: 400,
    }),
    OPENROUTER,
  ),
  row(
    "Mistral: 422 with detail",
    ["https://github.com/TheJusticeMan/pure-chat-llm/pull/13"],
    "max_completion_tokens",
    "max_tokens",
    json(422, {
      detail: [
        {
          type: "extra_forbidden",
          loc: ["body", "max_completion_tokens"],
          msg: "Extra inputs are not permitted",
        },
      ],
    }),
    OPENROUTER,
  ),
  row(
    "wrapped by OpenRouter",
    ["https://github.com/diegosouzapw/OmniRoute/issues/3044"],
    "max_completion_tokens",
    "max_tokens",
    bad("Provider returned error", {
      code: 400,
      metadata: {
        raw: JSON.stringify({
          error: { message: "Unknown parameter: max_completion_tokens", code: 400 },
        }),
      },
    }),
    OPENROUTER,
  ),
  row(
    "in camel case",
    ["https://github.com/BerriAI/litellm/pull/16265"],
    "max_tokens",
    "max_completion_tokens",
    json(400, { code: "invalid", error: "The model does not support parameter maxTokens." }),
  ),
  row(
    "both names are refused: the caller's limit is not dropped",
    AZURE,
    "max_tokens",
    "",
    unsupported("max_tokens", "max_completion_tokens"),
    {
      reply: (say, { body }) => {
        const name = ["max_tokens", "max_completion_tokens"].find((field) => field in body);
        return name ? unsupported(name, "nothing") : answer.chat(say);
      },
      expect: { error: { code: "invalid_request" } },
    },
  ),
  row(
    "responses: max_output_tokens has no other name",
    ["https://github.com/RayBytes/ChatMock/issues/103"],
    "max_output_tokens",
    "",
    json(400, { detail: "Unsupported parameter: max_output_tokens" }),
    { dialect: "responses", expect: { error: { code: "invalid_request" } } },
  ),
];
