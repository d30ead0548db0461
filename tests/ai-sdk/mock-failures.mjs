// Tests failures, unexpected ends and aborts of AI SDK models on the panel.

import { equal, lacks, ok } from "../scenarios/assert.mjs";
import { ends, failed, mock, stalls, start, text } from "./mock-model.mjs";

export default [
  {
    name: "an error part, an interruption and a stream without an end fail the panelist",
    async run(t) {
      const busy = Object.assign(new Error("slow down"), { statusCode: 429 });
      const cases = [
        [[...text("half"), { type: "error", error: busy }, ends("v3")], "rate_limited"],
        [[...text("half"), { type: "error", error: "overloaded" }], "provider_error"],
        [[...text("half"), ends("v3", "error")], "provider_error"],
        [[...text("half"), ends("v4", "interrupted")], "network_error"],
        [[...text("half")], "network_error"],
      ];
      for (const [parts, code] of cases)
        equal((await failed(start(t, mock([parts])))).code, code, JSON.stringify(parts.at(-1)));
    },
  },
  {
    name: "a TypeError of the model's own code is no network error, a failed fetch is one",
    async run(t) {
      const coded = (error, code) => Object.assign(error, { code });
      const cases = [
        [new TypeError("Cannot read properties of undefined (reading 'y')"), "provider_error"],
        [coded(new TypeError("Invalid URL"), "ERR_INVALID_URL"), "provider_error"],
        [new TypeError("fetch failed", { cause: coded(new Error(""), "X") }), "network_error"],
        [new TypeError("x", { cause: coded(new Error(""), "ECONNRESET") }), "network_error"],
        [new TypeError("Failed to fetch"), "network_error"],
        [new TypeError("terminated"), "network_error"],
      ];
      for (const [thrown, code] of cases)
        equal((await failed(start(t, mock([thrown])))).code, code, thrown.message);
    },
  },
  {
    name: "unknown parts of a stream are skipped",
    async run(t) {
      const model = mock([[null, 5, undefined, {}, ...text("So."), ends("v3")]]);
      equal((await start(t, model).result()).responses[0].content, "So.");
    },
  },
  {
    name: "finish reasons are those of the chat dialect",
    async run(t) {
      const reasons = { stop: "stop", length: "length", "content-filter": "content_filter" };
      for (const [reason, expected] of Object.entries({ ...reasons, other: "stop" }))
        for (const version of ["v2", "v3"]) {
          const run = start(t, mock([[...text("So."), ends(version, reason)]], { version }));
          equal((await run.result()).responses[0].finish_reason, expected);
        }
    },
  },
  {
    name: "errors of the AI SDK itself have codes, and no body, header or key",
    async run(t) {
      const SECRET = "sk-secret-0123456789abcdef";
      const named = (name, message, more) =>
        Object.assign(new Error(message), { name, requestBodyValues: { SECRET }, ...more });
      const cases = [
        [named("AI_LoadAPIKeyError", "API key is missing"), "authentication"],
        [named("AI_UnsupportedFunctionalityError", "no audio"), "invalid_request"],
        [named("AI_TypeValidationError", `Value: {"key":"${SECRET}"}`), "provider_error"],
        [named("AI_JSONParseError", `Text: ${SECRET}`), "provider_error"],
        [named("Error", `Bearer ${SECRET} was refused`), "provider_error"],
        [named("AI_APICallError", "Cannot connect to API", { isRetryable: true }), "network_error"],
        [
          named("AI_APICallError", "Quota", {
            statusCode: 429,
            responseHeaders: { "retry-after-ms": "20", "set-cookie": SECRET },
            responseBody: JSON.stringify({ error: { message: "Quota", code: "busy", SECRET } }),
          }),
          "rate_limited",
        ],
      ];
      for (const [thrown, code] of cases) {
        const error = await failed(start(t, mock([thrown])));
        equal(error.code, code, thrown.name);
        lacks(JSON.stringify([error, error.message, error.snapshot]), SECRET);
      }
    },
  },
  {
    name: "messages of providers have no key of any maker, and keep their words",
    async run(t) {
      const messageOf = async (words) => {
        const thrown = Object.assign(new Error(words), { statusCode: 400 });
        return (await failed(start(t, mock([thrown])))).message;
      };
      const letters = "abcdefghijklmnop";
      const secrets = {
        ...Object.fromEntries(
          [
            "csk-",
            "pplx-",
            "nvapi-",
            "tgp_v1_",
            "fw_",
            "ghp_",
            "glpat-",
            "sk-proj-",
            "newmaker-",
          ].map((prefix) => [`Invalid ${prefix}${letters}1234 given`, `${letters}1234`]),
        ),
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijkl": "eyJ",
        "GET https://h/x?access_token=ya29.abcdefghijklmnopq failed": "ya29",
        "GET https://h/x?key=abcdefgh&alt=sse failed": "abcdefgh",
        "Authorization: Basic dXNlcjpwYXNzd29yZA==": "dXNl",
        "connect https://user:hunter2secret@proxy.local/ failed": "hunter2",
        'sent {"x-api-key": "abcdefgh1234"}': "abcdefgh1234",
        "secret: abcdefghijkl, password=hunterhunter": "hunter",
        "AKIAIOSFODNN7EXAMPLE is unknown": "IOSFODNN7",
      };
      for (const [words, secret] of Object.entries(secrets)) {
        const message = await messageOf(words);
        lacks(message, secret);
        ok(message.includes("[redacted]"), message);
      }
      const kept = [
        "Basic authentication and bearer authentication are off for key: max_completion_tokens",
        "Unexpected token: something. Task-specific-instructions, risk_assessment_2025-01-01",
        "req_011CQabcdefghijklmnopqrs: this model's maximum is 8192 tokens, max_tokens: 100000",
        "The model accounts/fireworks/models/llama-v3p3-70b-instruct does not exist",
        "mail me@host.example, see https://docs.example/a?b=me@host.example",
      ].join("\n");
      ok((await messageOf(kept)).includes(kept), await messageOf(kept));
      for (const part of ["key=", "://a", "eyJ-", "sk-", "ab-", "bearer ", "?key", "a"]) {
        const started = performance.now();
        await messageOf(part.repeat(300_000 / part.length));
        ok(performance.now() - started < 15_000, `${part} takes too long`);
      }
    },
  },
  {
    name: "a refused call is repeated by the run, after the wait that the provider asks for",
    async run(t) {
      const busy = Object.assign(new Error("busy"), {
        statusCode: 429,
        responseHeaders: { "retry-after-ms": "20" },
      });
      const model = mock([busy, [...text("Now."), ends("v3")]]);
      const { responses } = await start(t, model, { max_retries: 1 }).result();
      equal([responses[0].content, model.calls.length], ["Now.", 2]);
    },
  },
  {
    name: "the end of a run aborts the signal of the model",
    async run(t) {
      const model = mock([stalls(text("slow"))]);
      const run = start(t, model);
      for await (const event of run) if (event.type === "panelist.delta") break;
      equal(model.calls[0].abortSignal.aborted, true);
    },
  },
];
