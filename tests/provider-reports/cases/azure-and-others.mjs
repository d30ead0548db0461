// Calls with a query in `baseURL`, with keys that functions return, and with Azure's header.
import { answer, json } from "../wire.mjs";

const AZURE = [
  "https://github.com/rohitg00/agentmemory/issues/374",
  "https://github.com/bramses/chatgpt-md/pull/184",
];
const ENTRA = [
  "https://github.com/HKUDS/nanobot/pull/1987",
  "https://github.com/openai/openai-python/issues/2584",
];
const QUERY = "https://p.example/openai/deployments/m?api-version=2024-10-21";
const ok = (say, { nth }) => (nth > 0 ? answer.chat(say) : undefined);
const CLOUDFLARE = "https://api.cloudflare.com/client/v4/accounts/a1b2/ai/v1";
const header = (name) => (calls) => calls.map(({ headers }) => new Headers(headers).get(name));

const BUILT_IN = {
  perplexity: [
    /^https:\/\/api\.perplexity\.ai\/v1\/responses$/,
    "https://docs.perplexity.ai/docs/grounded-llm/openai-compatibility",
  ],
  mistral: [/^https:\/\/api\.mistral\.ai\/v1\/chat\/completions$/, "https://docs.mistral.ai/api"],
  groq: [
    /^https:\/\/api\.groq\.com\/openai\/v1\/chat\/completions$/,
    "https://console.groq.com/docs/openai",
  ],
  deepseek: [
    /^https:\/\/api\.deepseek\.com\/(v1\/)?chat\/completions$/,
    "https://api-docs.deepseek.com",
  ],
  cerebras: [
    /^https:\/\/api\.cerebras\.ai\/v1\/chat\/completions$/,
    "https://inference-docs.cerebras.ai/resources/openai",
  ],
  together: [
    /^https:\/\/api\.together\.(xyz|ai)\/v1\/chat\/completions$/,
    "https://docs.together.ai/docs/openai-api-compatibility",
  ],
};

export default [
  {
    name: "a query stays behind the path",
    from: AZURE,
    baseURL: QUERY,
    reply: ok,
    expect: {
      sent: ([{ url }]) => url,
      holds: "https://p.example/openai/deployments/m/chat/completions?api-version=2024-10-21",
    },
  },
  {
    name: "responses: a query stays behind the path",
    from: AZURE,
    dialect: "responses",
    baseURL: "https://p.example/openai/v1/?api-version=preview",
    reply: answer.responses,
    expect: {
      sent: ([{ url }]) => url,
      holds: "https://p.example/openai/v1/responses?api-version=preview",
    },
  },
  {
    name: "a full endpoint with a query is not doubled",
    from: ["https://github.com/openai/openai-node/issues/53"],
    baseURL: QUERY.replace("?", "/chat/completions?"),
    reply: ok,
    expect: {
      sent: ([{ url }]) => url,
      holds: "https://p.example/openai/deployments/m/chat/completions?api-version=2024-10-21",
    },
  },
  {
    name: "a query is in no message",
    from: AZURE,
    baseURL: "https://p.example/v1?key=secret-in-query",
    reply: () => json(500, { error: { message: "It failed." } }),
    expect: { error: { says: "It failed.", lacks: "secret-in-query" } },
  },
  {
    name: "Azure: the key in its own header",
    from: AZURE,
    at: "azure",
    provider: { baseURL: QUERY, dialect: "chat" },
    reply: ok,
    expect: { sent: header("api-key"), holds: ["key-12345678"] },
  },
  {
    name: "Azure: the name of the limit",
    from: ["https://github.com/BerriAI/litellm/issues/13432"],
    at: "azure",
    provider: { baseURL: QUERY, dialect: "chat" },
    request: { max_completion_tokens: 500 },
    reply: ok,
    expect: { sent: ([{ body }]) => body.max_completion_tokens, holds: 500 },
  },
  {
    name: "a key from a function",
    from: ENTRA,
    provider: { apiKey: () => "token-of-a-function" },
    reply: ok,
    expect: { sent: header("authorization"), holds: ["Bearer token-of-a-function"] },
  },
  {
    name: "a key from an async function",
    from: ENTRA,
    provider: { apiKey: async () => "token-of-a-promise" },
    reply: ok,
    expect: { sent: header("authorization"), holds: ["Bearer token-of-a-promise"] },
  },
  {
    name: "a key from a function is asked for with each call",
    from: ["https://github.com/Cloudgeni-ai/opengeni/pull/12"],
    provider: () => {
      let asked = 0;
      return { apiKey: () => `token-number-${++asked}` };
    },
    request: { max_retries: 1 },
    reply: () => json(503, { error: { message: "Once more." } }),
    later: "answer",
    expect: {
      sent: header("authorization"),
      holds: ["Bearer token-number-1", "Bearer token-number-2"],
    },
  },
  {
    name: "a key from a function is in no message",
    from: ENTRA,
    provider: { apiKey: () => "token-of-a-function" },
    reply: () => json(401, { error: { message: "Wrong key token-of-a-function." } }),
    expect: { error: { code: "authentication", lacks: "token-of-a-function" } },
  },
  {
    name: "a function that throws",
    from: ENTRA,
    provider: {
      apiKey: () => {
        throw new Error("secret of the vault");
      },
    },
    reply: ok,
    expect: { error: { code: "authentication", lacks: "secret of the vault" }, count: 0 },
  },
  {
    name: "a function that rejects",
    from: ENTRA,
    provider: { apiKey: () => Promise.reject(new Error("secret of the vault")) },
    reply: ok,
    expect: { error: { code: "authentication", lacks: "secret of the vault" }, count: 0 },
  },
  {
    name: "a function that returns no key",
    from: ENTRA,
    provider: { apiKey: async () => " " },
    reply: ok,
    expect: { error: { code: "authentication" }, count: 0 },
  },
  {
    name: "a function that returns an object",
    from: ENTRA,
    provider: { apiKey: () => ({ token: "secret-token-of-azure", expiresOnTimestamp: 1 }) },
    reply: ok,
    expect: { error: { code: "authentication", lacks: "secret-token-of-azure" }, count: 0 },
  },
  {
    name: "Azure: a token of Entra from a function",
    from: ENTRA,
    at: "azure",
    provider: { baseURL: QUERY, dialect: "chat", apiKey: async () => "eyJhbGci.eyJhdWQi.c2ln" },
    reply: ok,
    expect: { sent: header("authorization"), holds: ["Bearer eyJhbGci.eyJhdWQi.c2ln"] },
  },
  {
    name: "messages: a key from a function",
    from: ["https://github.com/Cloudgeni-ai/opengeni/pull/12"],
    dialect: "messages",
    provider: { apiKey: () => "token-of-a-function" },
    reply: answer.messages,
    expect: { sent: header("x-api-key"), holds: ["token-of-a-function"] },
  },
  {
    name: "a server that echoes a decoded query",
    from: AZURE,
    baseURL: "https://p.example/v1?key=a%2Fsecret%2Fkey",
    reply: () => json(500, { error: { message: "No route for a/secret/key." } }),
    expect: { error: { says: "No route for", lacks: "a/secret/key" } },
  },
  ...["chat", "responses", "messages"].map((dialect) => ({
    name: `${dialect}: Cloudflare takes a bearer token`,
    from: ["https://developers.cloudflare.com/changelog/post/2026-05-21-rest-api/"],
    at: "cloudflare",
    dialect,
    baseURL: CLOUDFLARE,
    reply: answer[dialect],
    expect: {
      sent: ([{ url, headers }]) => [
        url.startsWith(`${CLOUDFLARE}/`),
        new Headers(headers).get("authorization"),
      ],
      holds: [true, "Bearer key-12345678"],
    },
  })),
  ...Object.entries(BUILT_IN).map(([at, [url, from]]) => ({
    name: `${at} is a built-in name`,
    from: [from],
    at,
    baseURL: null,
    ...(at === "perplexity" && { dialect: "responses" }),
    reply: at === "perplexity" ? answer.responses : ok,
    expect: { sent: ([call]) => url.test(call.url) },
  })),
];
