// A 404 for a wrong path does not become `invalid_model`. If `baseURL` is a full endpoint, the path
// is not appended again.
import { answer, json } from "../wire.mjs";

const DOUBLED = "https://github.com/harry0703/MoneyPrinterTurbo/issues/57";
const GIVEN = "https://github.com/altic-dev/FluidVoice/issues/581";
const ADDRESS = "https://p.example/v1/chat/completions";

const missing = (name, from, reply, more = {}) => ({
  name,
  from,
  reply: () => reply,
  expect: { error: { not: "invalid_model", says: more.says ?? ADDRESS } },
  ...more,
});
const unknown = (name, from, reply) => ({
  name,
  from,
  reply: () => reply,
  expect: { error: { code: "invalid_model" } },
});
const full = (dialect, path) => ({
  name: `${dialect}: the full endpoint as baseURL`,
  from: [GIVEN, "https://github.com/posit-dev/positron/issues/13789"],
  dialect,
  baseURL: `https://p.example/v1${path}`,
  reply: (say) => answer[dialect](say),
  expect: { sent: ([{ url }]) => url, holds: `https://p.example/v1${path}` },
});

export default [
  missing(
    "Go: 404 page not found",
    ["https://github.com/flagdizero/jenny-android-ai-agent/issues/18"],
    {
      status: 404,
      type: "text/plain",
      body: "404 page not found\n",
    },
  ),
  missing(
    "FastAPI: Not Found",
    ["https://github.com/NanmiCoder/cc-haha/issues/253"],
    json(404, { detail: "Not Found" }),
  ),
  missing("a page", [GIVEN], {
    status: 404,
    type: "text/html",
    body: "<!DOCTYPE html><title>Not Found</title>",
  }),
  missing("an empty body", [GIVEN], json(404, "")),
  missing(
    "OpenAI: Invalid URL",
    [DOUBLED, "https://github.com/AndySpider/uicloner-extension/issues/2"],
    json(404, {
      error: {
        message: "Invalid URL (POST /v1/chat/completions/chat/completions)",
        type: "invalid_request_error",
        param: null,
        code: null,
      },
    }),
  ),
  missing(
    "fastify: Route not found",
    ["https://github.com/langchain-ai/langchain/issues/25160"],
    json(404, {
      message: "Route POST:/openai/v1/chat/completions not found",
      error: "Not Found",
      statusCode: 404,
    }),
  ),
  missing("express: Cannot POST", ["https://github.com/altic-dev/FluidVoice/pull/578"], {
    status: 404,
    type: "text/html",
    body: "<pre>Cannot POST /v1/chat/completions</pre>",
  }),
  missing(
    "Cloudflare: Could not route",
    ["https://github.com/anomalyco/opencode/issues/23773"],
    json(404, {
      result: null,
      success: false,
      errors: [{ code: 7003, message: "Could not route to /client/v4/accounts/x/ai/v1" }],
      messages: [],
    }),
  ),
  missing(
    "Azure: Resource not found",
    ["https://github.com/can1357/oh-my-pi/pull/782"],
    json(404, { error: { code: "404", message: "Resource not found" } }),
  ),
  missing(
    "a query of the address is not in the message",
    ["https://github.com/rohitg00/agentmemory/issues/374"],
    json(404, { detail: "Not Found" }),
    {
      baseURL: "https://p.example/v1?key=secret-in-query",
      expect: {
        error: { not: "invalid_model", says: ADDRESS, lacks: "secret-in-query" },
      },
    },
  ),
  missing("messages: Not Found", [GIVEN], json(404, { detail: "Not Found" }), {
    dialect: "messages",
    says: "https://p.example/v1/messages",
  }),
  missing(
    "responses: Not Found",
    ["https://github.com/lobehub/lobehub/issues/8116"],
    json(404, { detail: "Not Found" }),
    { dialect: "responses", says: "https://p.example/v1/responses" },
  ),
  unknown(
    "OpenAI: a model that does not exist",
    ["https://platform.openai.com/docs/guides/error-codes"],
    json(404, {
      error: {
        message: "The model `m` does not exist or you do not have access to it.",
        type: "invalid_request_error",
        code: "model_not_found",
      },
    }),
  ),
  unknown(
    "vLLM: a model that does not exist",
    ["https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html"],
    json(404, {
      object: "error",
      message: "The model `m` does not exist.",
      type: "NotFoundError",
      param: null,
      code: 404,
    }),
  ),
  unknown(
    "Ollama: a model that is not pulled",
    ["https://docs.ollama.com/api/openai-compatibility"],
    json(404, {
      error: { message: 'model "m" not found, try pulling it first', type: "not_found_error" },
    }),
  ),
  unknown(
    "OpenRouter: no endpoints",
    ["https://openrouter.ai/docs/api/reference/errors-and-debugging"],
    json(404, { error: { message: "No endpoints found for m.", code: 404 } }),
  ),
  full("chat", "/chat/completions"),
  full("responses", "/responses"),
  full("messages", "/messages"),
  {
    ...full("chat", "/chat/completions"),
    name: "the full endpoint with a slash at its end",
    baseURL: "https://p.example/v1/chat/completions/",
    expect: { sent: ([{ url }]) => url, holds: ADDRESS },
  },
  {
    ...full("chat", "/chat/completions"),
    name: "a slash at the end of baseURL",
    from: ["https://github.com/sigoden/aichat/issues/767"],
    baseURL: "https://p.example/v1/",
    expect: { sent: ([{ url }]) => url, holds: ADDRESS },
  },
];
