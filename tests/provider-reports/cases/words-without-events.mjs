// Refusals that are not in the field `data` of an event. The text of the refusal stands in a body
// that is not an event stream, or in another field of an event.
import { DIALECTS, json, raw, says } from "../wire.mjs";

const LLAMA = "https://github.com/ggml-org/llama.cpp/issues/16104";
const BARE = "https://github.com/googleapis/js-genai/issues/1973";
const stream = (...texts) => ({ type: "text/event-stream", body: texts.map(raw) });
const blocked = { error: { message: "blocked by policy", code: "content_policy_violation" } };

export default [
  ...DIALECTS.map((dialect) => ({
    name: `${dialect}: a bare JSON error`,
    from: [BARE, "https://github.com/envoyproxy/ai-gateway/issues/2229"],
    dialect,
    reply: () => stream(JSON.stringify(blocked)),
    expect: { error: { code: "content_policy", says: "blocked by policy" } },
  })),
  {
    name: "a bare JSON error on many lines",
    from: [BARE],
    reply: () => stream(JSON.stringify(blocked, null, 2)),
    expect: { error: { code: "content_policy", says: "blocked by policy" } },
  },
  {
    name: "a bare JSON error in a list",
    from: [BARE],
    reply: () =>
      stream(
        JSON.stringify([{ error: { code: 429, message: "Out of quota.", status: "X" } }], null, 2),
      ),
    expect: { error: { code: "rate_limited", says: "Out of quota." } },
  },
  {
    name: "an error field",
    from: [LLAMA, "https://github.com/coddy-project/coddy-agent/pull/106"],
    reply: () =>
      stream(
        'error: {"code":400,"message":"the request exceeds the available context size",' +
          '"type":"exceed_context_size_error"}\n\n',
        "data: [DONE]\n\n",
      ),
    expect: { error: { code: "context_length_exceeded", says: "available context size" } },
  },
  {
    name: "an error field, cut at the end",
    from: [LLAMA],
    reply: () => stream('error: {"code":500,"message":"The slot is gone.","type":"server_error"}'),
    expect: { error: { code: "provider_error", says: "The slot is gone." } },
  },
  {
    name: "an error field after text",
    from: [LLAMA],
    reply: (say) => ({
      type: "text/event-stream",
      body: [says(say[0]), raw('error: {"code":500,"message":"The slot is gone."}\n\n')],
    }),
    expect: { error: { code: "provider_error", says: "The slot is gone." } },
  },
  {
    name: "a bare line at the end",
    from: ["https://github.com/tetsuo-ai/agenc-core/pull/2492"],
    reply: (say) => ({
      type: "text/event-stream",
      body: [says(say[0]), raw("upstream error: read ECONNRESET\n")],
    }),
    expect: { error: { says: "read ECONNRESET" } },
  },
  {
    name: "words only",
    from: ["https://github.com/sourcegraph/cody/pull/3479"],
    reply: () => stream("The model is being moved. Try later."),
    expect: { error: { says: "The model is being moved." } },
  },
  {
    name: "words as text/plain",
    from: ["https://github.com/sourcegraph/cody/pull/3479"],
    reply: () => ({ type: "text/plain", body: "The model is being moved. Try later." }),
    expect: { error: { says: "The model is being moved." } },
  },
  {
    name: "words as data",
    from: ["https://github.com/sourcegraph/cody/pull/3479"],
    reply: () => ["The model is being moved. Try later."],
    expect: { error: { says: "The model is being moved." } },
  },
  {
    name: "an event called error with words",
    from: ["https://github.com/odysseus-dev/odysseus/pull/736"],
    reply: () => stream("event: error\ndata: The template rejects the prompt.\n\n"),
    expect: { error: { says: "The template rejects the prompt." } },
  },
  {
    name: "an event called error with an object",
    from: ["https://github.com/odysseus-dev/odysseus/pull/736"],
    reply: () => stream('event: error\ndata: {"message":"The template rejects the prompt."}\n\n'),
    expect: { error: { says: "The template rejects the prompt." } },
  },
  {
    name: "messages: an event called error",
    from: ["https://github.com/farzaa/clicky/issues/132"],
    dialect: "messages",
    reply: () => [{ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }],
    expect: { error: { code: "provider_error", says: "Overloaded" } },
  },
  {
    name: "an error beside its message",
    from: ["https://github.com/zendev-sh/goai/pull/110"],
    reply: () => [{ error: { message: "Compute error." }, message: "Compute error." }],
    expect: { error: { code: "provider_error", says: "Compute error." } },
  },
  {
    name: "an error that is a text",
    from: ["https://github.com/continuedev/continue/issues/11505"],
    reply: () => [{ error: "model requires more system memory (7.5 GiB)" }],
    expect: { error: { code: "provider_error", says: "more system memory" } },
  },
  {
    name: "vLLM's error without a field error",
    from: ["https://github.com/BerriAI/litellm/pull/32237"],
    reply: () => [
      { object: "error", message: "The engine is dead.", type: "InternalServerError", code: 500 },
      "[DONE]",
    ],
    expect: { error: { code: "provider_error", says: "The engine is dead." } },
  },
  {
    name: "fields error_type and error_message",
    from: ["https://github.com/NousResearch/hermes-agent/pull/65643"],
    reply: () => [
      {
        id: "c-1",
        choices: null,
        error_type: "BadRequestError",
        error_code: 400,
        error_message: "The prompt has more tokens than the context length.",
      },
    ],
    expect: { error: { code: "context_length_exceeded", says: "more tokens than" } },
  },
  {
    name: "an error event in a stream as application/json",
    from: ["https://github.com/leookun/devin-2api/pull/3"],
    reply: () => ({
      type: "application/json",
      body: 'data: {"error":{"message":"Too many.","code":"rate_limit_exceeded"}}\n\n',
    }),
    expect: { error: { code: "rate_limited", says: "Too many." } },
  },
  {
    name: "responses: an error without type",
    from: ["https://github.com/anomalyco/opencode/issues/18897"],
    dialect: "responses",
    reply: () => [{ error: { type: "rate_limit_error", message: "Too many at a time." } }],
    expect: { error: { code: "rate_limited", says: "Too many at a time." } },
  },
  {
    name: "a status without a body",
    from: ["https://github.com/Atmosphere/atmosphere/issues/2480"],
    reply: () => json(500, ""),
    expect: { error: { code: "provider_error" } },
  },
];
