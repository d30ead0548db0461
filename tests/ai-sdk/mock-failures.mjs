// Tests failures, unexpected ends and aborts of AI SDK models on the panel.

import { equal, lacks } from "../scenarios/assert.mjs";
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
