// Errors inside errors. The message, the code, the delay and the refused field are read separately.
// Each of them comes from the innermost error that has it.
import { answer, json, says } from "../wire.mjs";

const wrap = (status, raw, more = {}) =>
  json(status, {
    error: {
      message: "Provider returned error",
      code: status,
      metadata: { raw: typeof raw === "string" ? raw : JSON.stringify(raw), provider_name: "X" },
    },
    user_id: "user_1",
    ...more,
  });
const once = (reply, isRefused) => (say, call) => (isRefused(call.body) ? reply : answer.chat(say));

export default [
  {
    name: "words in metadata.raw",
    from: [
      "https://github.com/open-webui/computer/issues/293",
      "https://github.com/zed-industries/zed/pull/64424",
    ],
    reply: () => wrap(429, "m is temporarily rate-limited upstream. Please retry shortly."),
    expect: { error: { code: "rate_limited", says: "temporarily rate-limited upstream" } },
  },
  {
    name: "JSON in metadata.raw",
    from: ["https://github.com/diegosouzapw/OmniRoute/issues/3044"],
    reply: () =>
      wrap(400, {
        error: {
          type: "invalid_request_error",
          code: "invalid_request_error",
          message: "This model takes at most 1 image per prompt.",
        },
      }),
    expect: { error: { code: "invalid_request", says: "at most 1 image per prompt" } },
  },
  {
    name: "the code of the inner error",
    from: ["https://github.com/diegosouzapw/OmniRoute/issues/3044"],
    reply: () =>
      wrap(400, {
        error: { message: "131072 tokens are the most.", code: "context_length_exceeded" },
      }),
    expect: { error: { code: "context_length_exceeded", says: "131072 tokens are the most" } },
  },
  {
    name: "Anthropic's error in metadata.raw",
    from: ["https://github.com/OpenRouterTeam/ai-sdk-provider/pull/428"],
    reply: () =>
      wrap(400, {
        type: "error",
        error: { type: "invalid_request_error", message: "Your credit balance is too low." },
      }),
    expect: { error: { code: "insufficient_credits", says: "credit balance is too low" } },
  },
  {
    name: "a region that the inner provider refuses",
    from: ["https://github.com/crmne/ruby_llm/pull/431"],
    reply: () =>
      wrap(403, {
        error: {
          code: "unsupported_country_region_territory",
          message: "Country, region, or territory not supported",
          type: "request_forbidden",
        },
      }),
    expect: { error: { code: "permission", says: "territory not supported" } },
  },
  {
    name: "an inner error without a field error",
    from: ["https://github.com/Kilo-Org/kilocode/pull/3566"],
    reply: () => wrap(400, { message: "The tool call id is too long.", type: "bad_request" }),
    expect: { error: { says: "The tool call id is too long." } },
  },
  {
    name: "an inner error whose words are in detail",
    from: ["https://github.com/Kilo-Org/kilocode/pull/3566"],
    reply: () => wrap(422, { detail: "No such engine." }),
    expect: { error: { says: "No such engine." } },
  },
  {
    name: "metadata beside a message at the top",
    from: ["https://github.com/NousResearch/hermes-agent/pull/94199"],
    reply: () =>
      json(400, {
        message: "Provider returned error",
        metadata: { raw: JSON.stringify({ error: { message: "The image is too wide." } }) },
      }),
    expect: { error: { says: "The image is too wide." } },
  },
  {
    name: "the field that the inner provider refuses",
    from: ["https://github.com/reVrost/go-openrouter/pull/21"],
    roles: ["writer"],
    model: { response_format: { type: "json_object" } },
    reply: once(
      wrap(400, {
        error: {
          message: "The messages must contain the word 'json' to use this format.",
          param: "response_format",
        },
      }),
      (body) => "response_format" in body,
    ),
    expect: { warnings: ["parameter_dropped"] },
  },
  {
    name: "a field that the inner message names",
    from: ["https://github.com/prism-php/prism/pull/813"],
    roles: ["panelist"],
    model: { temperature: 0.5 },
    reply: once(
      wrap(400, { error: { message: "Unsupported parameter: 'temperature'", code: null } }),
      (body) => "temperature" in body,
    ),
    expect: { warnings: ["parameter_dropped"] },
  },
  {
    name: "the wait of the inner error",
    from: ["https://github.com/googleapis/python-genai/issues/1875"],
    reply: () =>
      wrap(429, {
        error: {
          code: 429,
          message: "Quota exceeded.",
          status: "RESOURCE_EXHAUSTED",
          details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "12s" }],
        },
      }),
    expect: { error: { code: "rate_limited", says: "Quota exceeded.", wait: [12_000, 12_000] } },
  },
  {
    name: "in a stream",
    from: ["https://github.com/diegosouzapw/OmniRoute/pull/8210"],
    reply: () => [
      {
        id: "c-1",
        choices: [],
        error: {
          code: 502,
          message: "Provider returned error",
          metadata: { raw: "Worker local total request limit reached (33/32)" },
        },
      },
    ],
    expect: { error: { code: "provider_error", says: "request limit reached (33/32)" } },
  },
  {
    name: "in a stream, after text",
    from: ["https://github.com/diegosouzapw/OmniRoute/pull/8210"],
    reply: (say) => [
      says(say[0]),
      {
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
        error: {
          code: 429,
          message: "Provider returned error",
          metadata: {
            raw: JSON.stringify({ error: { message: "Slow down.", code: "rate_limit_exceeded" } }),
          },
        },
      },
    ],
    expect: { error: { code: "rate_limited", says: "Slow down." } },
  },
  {
    name: "JSON in the message",
    from: ["https://github.com/continuedev/continue/issues/9330"],
    reply: () =>
      json(400, {
        error: {
          message: JSON.stringify({
            error: {
              code: 400,
              message: "API key not valid.",
              status: "INVALID_ARGUMENT",
              details: [{ reason: "API_KEY_INVALID" }],
            },
          }),
          code: 400,
          status: "Bad Request",
        },
      }),
    expect: { error: { code: "authentication", says: "API key not valid.", lacks: "details" } },
  },
  {
    name: "words and JSON in the message",
    from: ["https://github.com/musistudio/claude-code-router/issues/187"],
    reply: () =>
      json(400, {
        error: {
          message: `Error from provider: ${JSON.stringify({
            error: { message: "Too long for this model.", code: "context_length_exceeded" },
          })}`,
        },
      }),
    expect: { error: { code: "context_length_exceeded", says: "Too long for this model." } },
  },
  {
    name: "an object as message",
    from: ["https://github.com/editor-code-assistant/eca/issues/231"],
    reply: () =>
      json(422, {
        object: "error",
        message: {
          detail: [{ type: "missing", loc: ["body", "messages", 0, "name"], msg: "A name lacks." }],
        },
        type: "invalid_request_error",
      }),
    expect: { error: { code: "invalid_request", says: "A name lacks.", lacks: "loc" } },
  },
  {
    name: "a list as message",
    from: ["https://github.com/partITech/php-mistral/issues/76"],
    reply: () =>
      json(422, {
        object: "Error",
        message: [{ type: "missing", loc: ["body", "messages", 0], msg: "A message lacks." }],
        type: "invalid_request_error",
        code: 3001,
      }),
    expect: { error: { code: "invalid_request", says: "A message lacks." } },
  },
  {
    name: "Python's form of the inner error",
    from: ["https://github.com/Oaklight/argo-proxy/issues/91"],
    reply: () => [
      {
        error: {
          message:
            "Error code: 400 - {'error': {'message': 'The response was filtered', " +
            "'code': 'content_filter', 'innererror': {'code': 'ResponsibleAIPolicyViolation'}}}",
        },
      },
    ],
    expect: { error: { code: "content_policy", says: "The response was filtered" } },
  },
  {
    name: "responses: JSON in the message of an event without type",
    from: ["https://github.com/MoonshotAI/kimi-code/pull/411"],
    dialect: "responses",
    reply: () => [
      {
        message: JSON.stringify({
          error: { type: "rate_limit_error", message: "Too many requests at a time." },
        }),
      },
    ],
    expect: { error: { code: "rate_limited", says: "Too many requests at a time." } },
  },
  {
    name: "messages: Google's error in the message",
    from: ["https://github.com/lbjlaq/Antigravity-Manager/issues/139"],
    dialect: "messages",
    reply: () =>
      json(400, {
        type: "error",
        error: {
          type: "invalid_request_error",
          message: JSON.stringify({
            error: { code: 429, message: "Out of quota.", status: "RESOURCE_EXHAUSTED" },
          }),
        },
      }),
    expect: { error: { code: "rate_limited", says: "Out of quota." } },
  },
];
