// Tests error messages that say what to change: misspelt and misplaced fields, missing keys, wrong
// URLs, servers that do not answer.

import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, lacks } from "./assert.mjs";
import { ALPHA, BETA, defaultScripts, PANEL, question } from "./fixtures.mjs";

/** A port on which nothing listens. */
const CLOSED = "http://127.0.0.1:59321/v1";
const keyOf = (name) => ({ providers: { [name]: { apiKey: "sk-never-shown" } } });
const openrouter = { baseURL: undefined, apiKey: undefined };

/** Rows of [name, request, options, a part of the message]. */
const refused = [
  [
    "a misspelt field",
    question({ promt: "x" }),
    {},
    "`promt` is unknown here; did you mean `prompt`?",
  ],
  [
    "a limit by the name of another API",
    question({ max_tokens: 5 }),
    {},
    "`max_tokens` is unknown here; did you mean `max_completion_tokens`?",
  ],
  [
    "a field that is like no other",
    question({ top_p: 1 }),
    {},
    "`top_p` is unknown here; known are prompt, messages,",
  ],
  [
    "a misspelt field of a panelist",
    question({ analysis_models: [{ model: ALPHA, reasonning: {} }] }),
    {},
    "`analysis_models[0].reasonning` is unknown here; did you mean `reasoning`?",
  ],
  [
    "a misspelt field of the analyst",
    question({ analyst: { modle: ALPHA } }),
    {},
    "`analyst.modle` is unknown here; did you mean `model`?",
  ],
  [
    "a misspelt field of the writer",
    question({ writer: { maxTokens: 9 } }),
    {},
    "`writer.maxTokens` is unknown here; did you mean `max_completion_tokens`?",
  ],
  [
    "a misspelt limit of time",
    question({ timeouts: { panelist: 9 } }),
    {},
    "`timeouts.panelist` is unknown here; did you mean `panelist_ms`?",
  ],
  ["a misspelt option", question(), { apikey: "k" }, "did you mean `apiKey`?"],
  ["an option of other SDKs", question(), { base_url: "x" }, "did you mean `baseURL`?"],
  [
    "a misspelt field of a provider",
    question(),
    { providers: { openai: { key: "k" } } },
    "`providers.openai.key` is unknown here; did you mean `apiKey`?",
  ],
  [
    "a misspelt provider",
    question({ writer: { model: "m", provider: "olama" } }),
    { apiKey: "k" },
    "did you mean `ollama`?",
  ],
  ...[
    ["apiKey", "sk-never-shown"],
    ["baseURL", "https://x.example/v1?key=sk-never-shown"],
    ["providers", { openai: { apiKey: "sk-never-shown" } }],
    ["fetch", () => {}],
    // The values of `signal` and `app` are not valid. workerd refuses to create an AbortSignal
    // while a module is loaded.
    ["signal", "a signal"],
    ["app", { title: "x" }],
  ].map(([name, value]) => [
    `the option ${name} in the request`,
    question({ [name]: value }),
    {},
    `\`${name}\` belongs in the options, the second argument: \`fuse(request, { ${name} })\``,
  ]),
  [
    "a misspelt option in the request",
    question({ base_url: "https://x.example" }),
    {},
    "`base_url` belongs in the options, the second argument: `fuse(request, { baseURL })`",
  ],
  [
    "a field of the request in the options",
    question(),
    { max_cost: 1 },
    "`max_cost` belongs in the request, the first argument: `fuse({ max_cost }, options)`",
  ],
];

const missingKeys = [
  [
    "no key at all",
    { prompt: "x" },
    {},
    "`apiKey` is missing; OpenRouter needs one (https://openrouter.ai/keys)",
  ],
  [
    "a slash instead of a colon",
    { prompt: "x", analysis_models: ["openai/gpt-5.5"] },
    keyOf("openai"),
    "To ask the provider `openai`, write `openai:gpt-5.5`",
  ],
  [
    "an author that has another name as a provider",
    { prompt: "x", analysis_models: ["mistralai/devstral"] },
    keyOf("mistral"),
    "To ask the provider `mistral`, write `mistral:devstral`",
  ],
  [
    "a slash instead of a colon, for a local server",
    { prompt: "x", analysis_models: ["ollama/llama3.2:3b"] },
    {},
    "To ask the provider `ollama`, write `ollama:llama3.2:3b`",
  ],
  [
    "a provider but no panel",
    { prompt: "x" },
    keyOf("anthropic"),
    "name its models in `analysis_models`: `anthropic:MODEL`",
  ],
  [
    "a colon instead of a slash",
    { prompt: "x", analysis_models: ["openai:gpt-5.5"] },
    { apiKey: "sk-never-shown" },
    "openai needs one. To ask OpenRouter instead, write `openai/gpt-5.5`",
  ],
];

const refusal = (code, message) => ({ status: code, error: { code, message } });

/**
 * Returns a `fetch` that throws an error with this message and these fields, like the `fetch` of a
 * runtime.
 */
const throws = (message, more) => () => Promise.reject(Object.assign(new TypeError(message), more));
const inNode = (code, message = code) => throws("fetch failed", { cause: { code, message } });

/**
 * Each row is [name, fetch, part of the message]. `fetch` fails in the same way as the `fetch` of a
 * runtime.
 */
const unreachable = [
  ["refused, in Node", inNode("ECONNREFUSED"), "connection refused: no server listens at"],
  [
    "refused by both addresses of a name, in Node",
    throws("fetch failed", {
      cause: { message: "", errors: [{ code: "ECONNREFUSED", message: "connect" }] },
    }),
    "connection refused: no server listens at",
  ],
  [
    "refused, in Deno",
    throws("fetch failed", {
      cause: {
        message:
          "error sending request for url (http://far.test/v1?key=sk-never-shown): client error " +
          "(Connect): tcp connect error: Connection refused (os error 111)",
      },
    }),
    "connection refused: no server listens at",
  ],
  [
    "refused, in Bun",
    throws("ECONNREFUSED: Unable to connect. Is the computer able to access the url?", {
      code: "ECONNREFUSED",
      path: "http://far.test/v1?key=sk-never-shown",
    }),
    "connection refused: no server listens at",
  ],
  ["an unknown host, in Node", inNode("ENOTFOUND"), "unknown host: the name of"],
  ["an unknown host, in Deno", throws("client error: dns error: failed to lookup"), "unknown host"],
  ["no route", inNode("ENETUNREACH"), "no route to"],
  ["a slow connection", inNode("UND_ERR_CONNECT_TIMEOUT"), "took too long"],
  ["a certificate", inNode("DEPTH_ZERO_SELF_SIGNED_CERT"), "the certificate of"],
  ["no TLS", inNode("ERR_SSL_WRONG_VERSION_NUMBER"), "no TLS at"],
  ["a broken connection", inNode("ECONNRESET"), "broke before the response"],
  [
    "refused, in workerd",
    throws("Network connection lost."),
    "no connection to http://far.test, or",
  ],
  ["an unknown host, in workerd", throws("internal error; reference = x"), "no connection to"],
  ...["Failed to fetch", "NetworkError when attempting to fetch resource.", "Load failed"].map(
    (message) => [
      `in a browser: ${message}`,
      throws(message),
      "does not allow requests of this page (CORS)",
    ],
  ),
  ["an error of the caller", throws("no more stamps"), "no more stamps"],
];

async function failing(t, request, options, code) {
  const error = await failure(t.fuse({ max_retries: 0, ...request }, options).result());
  equal([error.code, t.isFusionError(error)], [code, true], error.message);
  lacks(error.message, "sk-never-shown");
  return error.message;
}

export default [
  ...refused.map(([name, request, options, expected]) => ({
    name,
    async run(t) {
      includes(await failing(t, request, { ...options }, "invalid_request"), expected);
    },
  })),
  ...missingKeys.map(([name, request, options, expected]) => ({
    name: `a missing key: ${name}`,
    async run(t) {
      const all = { ...openrouter, ...options };
      includes(await failing(t, request, all, "authentication"), expected);
      const estimated = await failure(t.estimate(request, all));
      equal(estimated.code, "authentication");
    },
  })),
  {
    name: "the error of a panel names each panelist by its position and its model",
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: failures[404], [BETA]: failures[401] }));
      const error = await failure(t.start(question()).result());
      equal(error.code, "all_panels_failed");
      includes(error.message, `every panelist failed (panelist 1 (${ALPHA}): `);
      includes(error.message, `; panelist 2 (${BETA}): `);
    },
  },
  {
    name: "a base URL without `/v1` is doubted, and one with it is not",
    async run(t) {
      const missing = refusal(404, "404 page not found");
      await t.session.script(defaultScripts({ [ALPHA]: missing, [BETA]: says("x") }));
      const provider = (path) => ({
        baseURL: `http://far.test${path}`,
        fetch: (_, init) => fetch(`${t.session.baseURL}/chat/completions`, init),
      });
      for (const [path, hint] of [
        ["", true],
        ["/openai", true],
        ["/v1", false],
        ["/v1beta/openai", false],
      ]) {
        const request = question({ analysis_models: [`far:${ALPHA}`] });
        const options = { providers: { far: provider(`${path}?key=sk-never-shown`) } };
        const message = await failing(t, request, { ...options, apiKey: "k" }, "invalid_request");
        includes(message, "is `baseURL` correct");
        (hint ? includes : lacks)(message, "most servers need `/v1` at its end");
      }
    },
  },
  ...unreachable.map(([name, fetch, expected]) => ({
    name: `no response: ${name}`,
    async run(t) {
      const baseURL = "http://far.test/v1?key=sk-never-shown";
      const request = { prompt: "x", analysis_models: PANEL };
      const message = await failing(t, request, { baseURL, fetch }, "network_error");
      includes(message, expected);
      lacks(message, "running?");
    },
  })),
  {
    name: "a local server that does not run: the message has the command that starts it",
    async run(t) {
      const refuses = inNode("ECONNREFUSED");
      const page = throws("Failed to fetch");
      const ask = (models, options) =>
        failing(t, { prompt: "x", analysis_models: models }, options, "network_error");
      const message = await ask(["ollama:llama3.2", "ollama:gemma3"], { fetch: refuses });
      includes(message, "panelist 2 (ollama:gemma3): connection refused");
      includes(message, "no server listens at http://localhost:11434");
      includes(message, "Is ollama running? `ollama serve` starts it");
      lacks(message, "OLLAMA_ORIGINS");
      includes(await ask(["ollama:llama3.2"], { fetch: page }), "`OLLAMA_ORIGINS` allows pages");
      const studio = { baseURL: "http://127.0.0.1:1234/v1", fetch: refuses };
      includes(await ask(["m"], studio), "Is lmstudio running? `lms server start` starts it");
      const lost = { fetch: inNode("ECONNRESET") };
      lacks(await ask(["ollama:llama3.2"], lost), "running?");
    },
  },
  {
    name: "a port on which nothing listens",
    async run(t) {
      const request = { prompt: "x", analysis_models: ["m"] };
      const message = await failing(t, request, { baseURL: CLOSED }, "network_error");
      if (t.isBrowser) includes(message, "no connection to http://127.0.0.1:59321");
      else if (t.runtime === "node") includes(message, "connection refused: no server listens at");
    },
  },
];
