// Delays before a retry. Providers send these delays in the body, in unusual headers or in a
// message.
import { DIALECTS, json, says } from "../wire.mjs";

const GROQ = [
  "https://github.com/danielmiessler/Fabric/issues/364",
  "https://github.com/Aider-AI/aider/issues/3265",
];
const GOOGLE = "https://github.com/googleapis/python-genai/issues/1875";
const OPENROUTER = [
  "https://github.com/everruns/everruns/pull/2280",
  "https://github.com/dirge-code/dirge/pull/719",
];

const row = (name, from, wait, reply, more = {}) => ({
  name,
  from,
  reply,
  expect: { error: { code: "rate_limited", wait } },
  ...more,
});
const slow = (message, more = {}) => json(429, { error: { message, ...more } });
const words = (message) => () => slow(message);
const headers = (fields) => () => json(429, { error: { message: "Too many." } }, fields);
const info =
  (retryDelay, message = "Quota exceeded.") =>
  () =>
    json(429, [
      {
        error: {
          code: 429,
          message,
          status: "RESOURCE_EXHAUSTED",
          details: [
            { "@type": "type.googleapis.com/google.rpc.QuotaFailure" },
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay },
          ],
        },
      },
    ]);

export default [
  row("Google: RetryInfo", [GOOGLE], [34_000, 34_000], info("34s")),
  row("Google: RetryInfo with a fraction", [GOOGLE], [34_074, 34_075], info("34.074824224s")),
  row("Google: RetryInfo before words", [GOOGLE], [34_000, 34_000], info("34s", "Retry in 9s.")),
  row("Google: words", [GOOGLE], [34_500, 34_500], words("Please retry in 34.5s.")),
  row("Groq: seconds", GROQ, [5_289, 5_289], words("TPM: Limit 6. Please try again in 5.289s. Go")),
  row(
    "Groq: a long fraction",
    GROQ,
    [50_597, 50_598],
    words("Please try again in 50.597142857s. Visit https://console.groq.com for more."),
  ),
  row(
    "Groq: minutes and seconds",
    ["https://github.com/OpenHands/OpenHands/pull/4167"],
    [60_363, 60_364],
    words("Limit 7000. Please try again in 1m0.363142857s."),
  ),
  row(
    "Groq: hours, minutes and seconds are above every limit",
    ["https://github.com/OpenHands/OpenHands/pull/4167"],
    [3_723_000, 3_723_000],
    words("Please try again in 1h2m3s."),
  ),
  row(
    "OpenAI: milliseconds",
    ["https://github.com/zendev-sh/goai/pull/88"],
    [120, 120],
    words("Rate limit reached. Please try again in 120ms."),
  ),
  row(
    "Azure: words",
    ["https://github.com/earendil-works/pi/pull/1458"],
    [6_000, 6_000],
    words("Requests have exceeded the token rate limit. Please retry after 6 seconds."),
  ),
  row(
    "words with the unit minute",
    ["https://github.com/earendil-works/pi/pull/1458"],
    [60_000, 60_000],
    words("Too many requests. Please try again in 1 minute."),
  ),
  row(
    "a proxy: reset after",
    ["https://github.com/decolua/9router/issues/355"],
    [30_000, 30_000],
    words("[429]: rate limited (reset after 30s)"),
  ),
  row(
    "words that name a limit and no wait",
    GROQ,
    [0, 0],
    words("Limited to 20 requests in 60 seconds for your tier."),
    { expect: { error: { code: "rate_limited", wait: null } } },
  ),
  row(
    "a header in milliseconds",
    ["https://github.com/NikkeTryHard/zerogravity/issues/19"],
    [1_500, 1_500],
    headers({ "retry-after-ms": "1500" }),
  ),
  row(
    "a header in milliseconds beside one in seconds",
    ["https://github.com/NikkeTryHard/zerogravity/issues/19"],
    [1_500, 1_500],
    headers({ "retry-after": "2", "retry-after-ms": "1500" }),
  ),
  row(
    "a header in seconds",
    ["https://github.com/groq/groq-python/issues/101"],
    [2_000, 2_000],
    headers({ "retry-after": "2" }),
  ),
  row(
    "headers of what is used up",
    ["https://github.com/Pythagora-io/gpt-pilot/issues/862"],
    [7_660, 7_660],
    headers({
      "x-ratelimit-remaining-requests": "14370",
      "x-ratelimit-reset-requests": "2m59.56s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "7.66s",
    }),
  ),
  row(
    "Azure: a reset in whole seconds",
    ["https://github.com/openai/openai-dotnet/issues/838"],
    [7_000, 7_000],
    headers({ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7" }),
  ),
  row(
    "Anthropic: a reset as a time",
    ["https://github.com/dirge-code/dirge/pull/719"],
    [15_000, 25_000],
    () =>
      json(
        429,
        { type: "error", error: { type: "rate_limit_error", message: "Too many tokens." } },
        {
          "anthropic-ratelimit-input-tokens-remaining": "0",
          "anthropic-ratelimit-input-tokens-reset": new Date(Date.now() + 20_000).toISOString(),
        },
      ),
    { dialect: "messages" },
  ),
  row("OpenRouter: headers in the body", OPENROUTER, [10_000, 20_000], () =>
    slow("Rate limit exceeded: free-models-per-min.", {
      code: 429,
      metadata: {
        headers: {
          "X-RateLimit-Limit": "20",
          "X-RateLimit-Remaining": "0",
          "X-RateLimit-Reset": String(Date.now() + 15_000),
        },
      },
    }),
  ),
  row("OpenRouter: a header in epoch milliseconds", OPENROUTER, [10_000, 20_000], () =>
    json(
      429,
      { error: { message: "Too many." } },
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Date.now() + 15_000) },
    ),
  ),
  row("OpenRouter: a header in epoch seconds", OPENROUTER, [10_000, 20_000], () =>
    json(
      429,
      { error: { message: "Too many." } },
      { "x-ratelimit-reset": String(Math.round(Date.now() / 1000) + 15) },
    ),
  ),
  row(
    "a field retry_after of the error",
    ["https://github.com/openai/openai-node/issues/1477"],
    [12_000, 12_000],
    () => slow("Too many.", { retry_after: 12 }),
  ),
  row(
    "a field retry_after beside the error",
    ["https://github.com/openai/openai-node/issues/1477"],
    [12_000, 12_000],
    () => json(429, { error: "Too many.", retry_after: 12 }),
  ),
  ...DIALECTS.map((dialect) =>
    row(
      `${dialect}: words in a stream`,
      ["https://github.com/zendev-sh/goai/pull/88"],
      [6_570, 6_570],
      () => [
        {
          type: "error",
          error: {
            type: "tokens",
            code: "rate_limit_exceeded",
            message: "Rate limit reached for gpt-4o. Please try again in 6.57s.",
          },
        },
      ],
      { dialect },
    ),
  ),
  row(
    "responses: words in response.failed",
    ["https://github.com/earendil-works/pi/pull/1458"],
    [6_000, 6_000],
    () => [
      {
        type: "response.failed",
        response: {
          status: "failed",
          error: { code: "rate_limit_exceeded", message: "Please retry after 6 seconds." },
        },
      },
    ],
    { dialect: "responses" },
  ),
  row(
    "responses: headers in an event",
    ["https://github.com/zendev-sh/goai/pull/88"],
    [50_529, 50_529],
    () => [
      {
        type: "error",
        error: {
          code: "rate_limit_exceeded",
          message: "Rate limit reached.",
          headers: {
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "50.529s",
          },
        },
      },
    ],
    { dialect: "responses" },
  ),
  row("Google: RetryInfo in a stream, after text", [GOOGLE], [34_000, 34_000], (say) => [
    says(say[0]),
    {
      error: {
        code: 429,
        message: "Quota exceeded.",
        status: "RESOURCE_EXHAUSTED",
        details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34s" }],
      },
    },
  ]),
];
