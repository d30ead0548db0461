// Errors whose cause stands in different fields: in an error code, in the field `reason`, in a
// number that is a string, or in the message.
import { DIALECTS, json } from "../wire.mjs";

const row = (name, from, code, reply, more = {}) => ({
  name,
  from,
  reply: () => reply,
  expect: { error: { code } },
  ...more,
});
const bad = (status, message, more = {}) => json(status, { error: { message, ...more } });
const google = (status, message, name, reason) =>
  json(status, [
    {
      error: {
        code: status,
        message,
        status: name,
        details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason }],
      },
    },
  ]);

export default [
  row(
    "Azure: content_filter",
    [
      "https://github.com/openai/openai-dotnet/issues/55",
      "https://github.com/compl-ai/compl-ai/issues/20",
    ],
    "content_policy",
    bad(400, "The prompt triggered the content management policy.", {
      type: null,
      param: "prompt",
      code: "content_filter",
      status: 400,
      innererror: { code: "ResponsibleAIPolicyViolation" },
    }),
  ),
  row(
    "Azure: content_filter without an inner error",
    ["https://github.com/stanford-crfm/helm/pull/3327"],
    "content_policy",
    bad(400, "The response was filtered.", {
      param: "prompt",
      code: "content_filter",
      status: 400,
    }),
  ),
  row(
    "LiteLLM: the inner error in provider_specific_fields",
    ["https://github.com/BerriAI/litellm/pull/16231"],
    "content_policy",
    bad(400, "litellm.BadRequestError: AzureException", {
      type: null,
      param: null,
      code: "400",
      provider_specific_fields: { innererror: { code: "ResponsibleAIPolicyViolation" } },
    }),
  ),
  row(
    "LiteLLM: the class of the error in its message",
    ["https://github.com/BerriAI/litellm/pull/12324"],
    "content_policy",
    bad(400, "litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException", {
      type: null,
      code: "400",
    }),
  ),
  row(
    "Google: a wrong key",
    ["https://github.com/cequence-io/openai-scala-client/issues/109"],
    "authentication",
    google(400, "API key not valid.", "INVALID_ARGUMENT", "API_KEY_INVALID"),
  ),
  row(
    "Google: an expired key",
    ["https://github.com/google-gemini/gemini-cli/issues/25198"],
    "authentication",
    google(
      400,
      "API Key not found. Please pass a valid key.",
      "INVALID_ARGUMENT",
      "API_KEY_INVALID",
    ),
  ),
  row(
    "Google: a wrong key, in words only",
    ["https://github.com/assafelovic/gpt-researcher/issues/410"],
    "authentication",
    bad(400, "API key not valid. Please pass a valid API key.", { status: "INVALID_ARGUMENT" }),
  ),
  ...[
    ["RESOURCE_EXHAUSTED", "rate_limited"],
    ["PERMISSION_DENIED", "permission"],
    ["UNAUTHENTICATED", "authentication"],
    ["NOT_FOUND", "invalid_model"],
    ["DEADLINE_EXCEEDED", "timeout"],
    ["UNAVAILABLE", "provider_error"],
  ].map(([status, code]) =>
    row(
      `Google: the status ${status} in a stream`,
      ["https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto"],
      code,
      [{ error: { message: "No.", status } }],
    ),
  ),
  row(
    "a code as text, in a stream",
    ["https://github.com/BerriAI/litellm/pull/16231"],
    "rate_limited",
    [{ error: { message: "slow", type: null, param: null, code: "429" } }],
  ),
  row(
    "http_code as text",
    ["https://github.com/modelscope/modelscope/issues/1691"],
    "insufficient_credits",
    json(429, {
      error: {
        http_code: "429",
        message: "insufficient balance (1008)",
        type: "insufficient_balance_error",
      },
      request_id: "r",
    }),
  ),
  row(
    "messages: http_code as text, in a stream",
    ["https://github.com/BigPizzaV3/CodexPlusPlus/issues/267"],
    "invalid_request",
    [
      {
        type: "error",
        error: { type: "bad_request_error", message: "invalid chat setting", http_code: "400" },
      },
    ],
    { dialect: "messages" },
  ),
  row(
    "MiniMax: a balance behind status 500",
    ["https://github.com/MiniMax-AI/MiniMax-M2/issues/62"],
    "insufficient_credits",
    json(500, {
      type: "error",
      error: { type: "api_error", message: "insufficient balance (1008)" },
    }),
    { dialect: "messages" },
  ),
  row(
    "Zhipu: 1113, a balance behind status 429",
    [
      "https://github.com/langgenius/dify/issues/5850",
      "https://github.com/anthropics/claude-code/issues/9201",
    ],
    "insufficient_credits",
    bad(429, "Insufficient balance or no resource package. Please recharge.", { code: "1113" }),
  ),
  row(
    "messages: Zhipu: 1113 as type",
    ["https://github.com/anthropics/claude-code/issues/9201"],
    "insufficient_credits",
    json(429, {
      type: "error",
      error: { type: "1113", message: "Insufficient balance. Please recharge." },
    }),
    { dialect: "messages" },
  ),
  row(
    "Zhipu: 1302, a rate limit",
    ["https://github.com/yilewang/llm-for-zotero/issues/17"],
    "rate_limited",
    [{ error: { code: "1302", message: "Rate limit reached for requests" } }],
  ),
  row(
    "Moonshot: a quota behind status 429",
    ["https://github.com/continuedev/continue/issues/11443"],
    "insufficient_credits",
    bad(429, "Your account is suspended due to insufficient balance, please recharge.", {
      type: "exceeded_current_quota_error",
    }),
  ),
  row(
    "Moonshot: a quota behind status 403",
    ["https://github.com/MoonshotAI/Kimi-K2/issues/5"],
    "insufficient_credits",
    bad(403, "Your account is not active, organization exceeded current quota.", {
      type: "exceeded_current_quota_error",
    }),
  ),
  row(
    "Moonshot: rate_limit_reached_error",
    ["https://github.com/harry0703/MoneyPrinterTurbo/issues/339"],
    "rate_limited",
    [{ error: { message: "max request: 3", type: "rate_limit_reached_error" } }],
  ),
  row(
    "DashScope: Arrearage",
    [
      "https://github.com/tencentmusic/supersonic/issues/1572",
      "https://github.com/QwenLM/qwen-code/issues/54",
    ],
    "insufficient_credits",
    bad(400, "Access denied, please make sure your account is in good standing.", {
      type: "Arrearage",
      code: "Arrearage",
    }),
  ),
  row(
    "DashScope: data_inspection_failed",
    ["https://github.com/QwenLM/Qwen/issues/938"],
    "content_policy",
    bad(400, "Input data may contain inappropriate content.", {
      type: "data_inspection_failed",
      code: "data_inspection_failed",
    }),
  ),
  row(
    "DashScope: DataInspectionFailed in the words",
    ["https://github.com/QwenLM/qwen-code/issues/2905"],
    "content_policy",
    bad(400, "<400> InternalError.Algo.DataInspectionFailed: Input text may be inappropriate."),
  ),
  row(
    "OpenAI: insufficient_quota behind status 429",
    ["https://github.com/langchain-ai/langchainjs/issues/1929"],
    "insufficient_credits",
    bad(429, "You exceeded your current quota, please check your plan and billing details.", {
      type: "insufficient_quota",
      code: "insufficient_quota",
    }),
  ),
  row(
    "OpenAI: insufficient_quota as type only",
    ["https://github.com/ayaka14732/ChatGPTAPIFree/issues/16"],
    "insufficient_credits",
    bad(429, "You exceeded your current quota.", { type: "insufficient_quota", code: null }),
  ),
  row(
    "a code rate_limit_exceeded without type, in a stream",
    ["https://github.com/QuantumNous/new-api/issues/6643"],
    "rate_limited",
    [{ error: { message: "rate limited", code: "rate_limit_exceeded" } }],
  ),
  row(
    "an empty message with a code, in a stream",
    ["https://github.com/Kilo-Org/kilocode/pull/11249"],
    "rate_limited",
    [{ error: { message: "", code: "rate_limit_exceeded" } }],
  ),
  row(
    "responses: a code in response.failed",
    ["https://github.com/earendil-works/pi/pull/1458"],
    "rate_limited",
    [
      {
        type: "response.failed",
        response: { status: "failed", error: { code: "rate_limit_exceeded", message: "Slow." } },
      },
    ],
    { dialect: "responses" },
  ),
  row(
    "AWS: ThrottlingException as type",
    ["https://github.com/aws-samples/bedrock-access-gateway/issues/41"],
    "rate_limited",
    json(400, { __type: "ThrottlingException", message: "Too many tokens, please wait." }),
  ),
  row(
    "AWS: the exception in the words",
    ["https://github.com/aws-samples/bedrock-access-gateway/issues/41"],
    "rate_limited",
    bad(500, "An error occurred (ThrottlingException) when calling the ConverseStream operation"),
  ),
  row(
    "Cloudflare: errors with their words",
    ["https://github.com/anomalyco/opencode/issues/23773"],
    "authentication",
    json(401, {
      result: null,
      success: false,
      errors: [{ code: 10000, message: "Authentication error" }],
      messages: [],
    }),
    {
      expect: { error: { code: "authentication", says: "Authentication error", lacks: "result" } },
    },
  ),
  row(
    "Cloudflare: an upstream that is unavailable",
    ["https://github.com/cloudflare/cloudflare-docs/issues/15116"],
    "provider_error",
    json(502, {
      result: null,
      success: false,
      errors: [{ code: 7009, message: "Upstream service unavailable" }],
      messages: [],
    }),
    {
      expect: {
        error: { code: "provider_error", says: "Upstream service unavailable", lacks: "result" },
      },
    },
  ),
  ...DIALECTS.map((dialect) =>
    row(
      `${dialect}: a refusal in an event of the stream`,
      ["https://github.com/theopenco/llmgateway/pull/2163"],
      "content_policy",
      [{ type: "error", error: { message: "The prompt was filtered.", code: "content_filter" } }],
      { dialect },
    ),
  ),
];
