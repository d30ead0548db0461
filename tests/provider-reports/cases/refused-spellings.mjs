// Refusals that write the name of the refused field in different ways. The run omits the field and
// warns.
import { answer, json } from "../wire.mjs";

const XAI = [
  "https://github.com/NousResearch/hermes-agent/issues/23088",
  "https://github.com/BerriAI/litellm/pull/16265",
];
const effort = { reasoning: { effort: "low" } };
const DROPPED = { warnings: ["parameter_dropped"] };

const row = (name, from, refuses, reply, more = {}) => ({
  name,
  from,
  roles: ["panelist", "analyst", "writer"],
  reply: (say, { body }) => (refuses(body) ? reply : answer[more.dialect ?? "chat"](say)),
  expect: DROPPED,
  ...more,
});
const has = (name) => (body) => name in body;
const bad = (message, more = {}) => json(400, { error: { message, ...more } });
const xai = (name) =>
  json(400, {
    code: "Client specified an invalid argument",
    error: `Model grok-4-0709 does not support parameter ${name}.`,
  });

export default [
  row("xAI: reasoningEffort", XAI, has("reasoning_effort"), xai("reasoningEffort"), {
    model: effort,
  }),
  row("responses: xAI: reasoningEffort", XAI, has("reasoning"), xai("reasoningEffort"), {
    model: effort,
    dialect: "responses",
  }),
  row(
    "xAI: a field of more than two words",
    ["https://github.com/miaoxworld/NativeTavern/issues/83"],
    has("response_format"),
    xai("responseFormat"),
    { roles: ["writer"], model: { response_format: { type: "json_object" } } },
  ),
  row(
    "xAI: streamOptions",
    ["https://github.com/miaoxworld/NativeTavern/issues/83"],
    has("stream_options"),
    xai("streamOptions"),
  ),
  row(
    "xAI: stop, without quotes",
    ["https://github.com/langchain-ai/langchain/pull/38335"],
    has("stop"),
    json(400, {
      code: "Client specified an invalid argument",
      error: "Argument not supported on this model: stop",
    }),
    { roles: ["writer"], model: { stop: ["X"] } },
  ),
  row(
    "responses: reasoning.effort as param",
    ["https://github.com/lobehub/lobehub/issues/8116"],
    has("reasoning"),
    bad("Unsupported parameter: 'reasoning.effort' is not supported with this model.", {
      type: "invalid_request_error",
      param: "reasoning.effort",
      code: "unsupported_parameter",
    }),
    { model: effort, dialect: "responses" },
  ),
  row(
    "responses: reasoning.effort in the words only",
    ["https://github.com/lobehub/lobehub/issues/8116"],
    has("reasoning"),
    bad("Unsupported parameter: reasoning.effort", { param: null }),
    { model: effort, dialect: "responses" },
  ),
  row(
    "Groq: a property in single quotes",
    ["https://github.com/CherryHQ/cherry-studio/issues/1099"],
    has("reasoning_effort"),
    bad("property 'reasoning_effort' is unsupported, did you mean 'reasoning_format'?", {
      type: "invalid_request_error",
    }),
    { model: effort },
  ),
  row(
    "Groq: a value in backticks",
    [
      "https://github.com/iamsrikanthnani/pluely/pull/219",
      "https://github.com/earendil-works/pi/issues/1745",
    ],
    has("reasoning_effort"),
    bad("`reasoning_effort` must be one of `none` or `default`", {
      type: "invalid_request_error",
    }),
    { model: effort },
  ),
  row(
    "OpenAI: an unsupported value",
    [
      "https://github.com/QwenLM/qwen-code/issues/921",
      "https://github.com/microsoft/vscode/issues/253673",
    ],
    has("temperature"),
    bad(
      "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) " +
        "value is supported.",
      { type: "invalid_request_error", param: "temperature", code: "unsupported_value" },
    ),
    { roles: ["panelist", "analyst"], request: { temperature: 0 } },
  ),
  row(
    "DeepSeek: a parameter in backticks",
    ["https://github.com/deepseek-ai/DeepSeek-R1/issues/7"],
    has("temperature"),
    bad("deepseek-reasoner does not support the parameter `temperature`"),
    { roles: ["panelist", "analyst"], request: { temperature: 0 } },
  ),
  row(
    "DeepSeek: a format that is unavailable",
    [
      "https://github.com/llm-exe/llm-exe/issues/662",
      "https://github.com/BerriAI/litellm/issues/7580",
    ],
    has("response_format"),
    bad("This response_format type is unavailable now", {
      type: "invalid_request_error",
      param: null,
      code: "invalid_request_error",
    }),
    { roles: ["writer"], model: { response_format: { type: "json_object" } } },
  ),
  row(
    "LM Studio: a path in an error that is a text",
    [
      "https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/307",
      "https://github.com/HKUDS/DeepTutor/issues/344",
    ],
    has("response_format"),
    json(400, { error: "'response_format.type' must be 'json_schema' or 'text'" }),
    { roles: ["writer"], model: { response_format: { type: "json_object" } } },
  ),
  row(
    "Google: an unknown name",
    [
      "https://github.com/MinLL/SkyrimNet-GamePlugin/issues/77",
      "https://github.com/SuzumiyaAkizuki/ComfyUI-NewBie-LLM-Formatter/issues/3",
    ],
    has("stream_options"),
    json(400, [
      {
        error: {
          code: 400,
          message:
            'Invalid JSON payload received. Unknown name "stream_options": Cannot find field.',
          status: "INVALID_ARGUMENT",
        },
      },
    ]),
  ),
  row(
    "Google: the field of a violation only",
    ["https://github.com/Alishahryar1/free-claude-code/issues/542"],
    has("stream_options"),
    json(400, [
      {
        error: {
          code: 400,
          message: "Request contains an invalid argument.",
          status: "INVALID_ARGUMENT",
          details: [
            {
              "@type": "type.googleapis.com/google.rpc.BadRequest",
              fieldViolations: [{ field: "stream_options", description: "Cannot find field." }],
            },
          ],
        },
      },
    ]),
  ),
  row(
    "Google: two unknown names at a time",
    ["https://github.com/MinLL/SkyrimNet-GamePlugin/issues/77"],
    (body) => "stream_options" in body || "reasoning_effort" in body,
    json(400, [
      {
        error: {
          code: 400,
          message:
            'Invalid JSON payload received. Unknown name "reasoning_effort": Cannot find field.\n' +
            'Invalid JSON payload received. Unknown name "stream_options": Cannot find field.',
          status: "INVALID_ARGUMENT",
        },
      },
    ]),
    { model: effort, expect: { anyWarning: true } },
  ),
  row(
    "FastAPI: a place",
    ["https://github.com/partITech/php-mistral/issues/76"],
    has("stream_options"),
    json(422, {
      detail: [
        {
          type: "extra_forbidden",
          loc: ["body", "stream_options"],
          msg: "Extra inputs are not permitted",
        },
      ],
    }),
  ),
  row(
    "FastAPI: the second of two places",
    ["https://github.com/partITech/php-mistral/issues/76"],
    has("stream_options"),
    json(422, {
      detail: [
        { type: "extra_forbidden", loc: ["body", "stream_options", "include_usage"], msg: "Extra" },
        { type: "extra_forbidden", loc: ["body", "stream_options"], msg: "Extra" },
      ],
    }),
  ),
  row(
    "Mistral: a place inside of the message",
    ["https://github.com/editor-code-assistant/eca/issues/231"],
    has("stream_options"),
    json(422, {
      object: "error",
      message: {
        detail: [{ type: "extra_forbidden", loc: ["body", "stream_options"], msg: "Extra" }],
      },
      type: "invalid_request_error",
    }),
  ),
  row(
    "Mistral: a place in a list as message",
    ["https://github.com/partITech/php-mistral/issues/76"],
    has("stream_options"),
    json(422, {
      object: "Error",
      message: [{ type: "extra_forbidden", loc: ["body", "stream_options"], msg: "Extra" }],
      code: 3001,
    }),
  ),
  row(
    "Bedrock: an extraneous key",
    ["https://github.com/aws-samples/bedrock-access-gateway/issues/41"],
    has("stream_options"),
    json(400, {
      message:
        "Malformed input request: #: extraneous key [stream_options] is not permitted, please " +
        "reformat your input and try again.",
    }),
  ),
  row(
    "serde: an unknown field in backticks",
    ["https://github.com/earendil-works/pi/issues/1048"],
    has("stream_options"),
    json(422, {
      error: {
        message:
          "Failed to deserialize the JSON body into the target type: unknown field " +
          "`stream_options`, expected one of `messages`, `model`, `stream` at line 1 column 9",
      },
    }),
  ),
  row(
    "messages: an extra input",
    ["https://github.com/amrit110/oli/issues/7"],
    has("temperature"),
    json(400, {
      type: "error",
      error: {
        type: "invalid_request_error",
        message: "temperature: Extra inputs are not permitted",
      },
    }),
    { roles: ["panelist", "analyst"], dialect: "messages", request: { temperature: 0.5 } },
  ),
  row(
    "a field that a wrapped error names",
    ["https://github.com/diegosouzapw/OmniRoute/issues/3044"],
    has("reasoning_effort"),
    json(400, {
      error: {
        message: "Provider returned error",
        code: 400,
        metadata: {
          raw: JSON.stringify({ error: { message: "reasoning_effort is not supported" } }),
        },
      },
    }),
    { model: effort },
  ),
];
