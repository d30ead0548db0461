// Tests that invalid input is refused before any call, with the name of the field.

import { equal, failure, includes, ok } from "./assert.mjs";
import { ALPHA, defaultScripts, PANEL, question } from "./fixtures.mjs";
import { readRun } from "./run-helpers.mjs";

const nine = Array.from({ length: 9 }, (_, i) => `p/${i}`);
const user = { role: "user", content: "Hello" };
const cyclic = { prompt: "Hello" };
cyclic.extra = cyclic;

/** Rows of [fault, request, words that the message must contain, options]. */
const refused = [
  ["no prompt and no messages", { analysis_models: PANEL }, ["prompt", "messages"]],
  [
    "both prompt and messages",
    { prompt: "a", messages: [user], analysis_models: PANEL },
    ["prompt", "messages"],
  ],
  ["an empty prompt", question({ prompt: "" }), ["prompt"]],
  ["an empty string", "", ["prompt"]],
  ["a prompt that is not text", question({ prompt: 7 }), ["prompt"]],
  ["an empty list of messages", question({ prompt: undefined, messages: [] }), ["messages"]],
  [
    "a last message that is not the user's",
    question({ prompt: undefined, messages: [user, { role: "assistant", content: "Hi" }] }),
    ["messages"],
  ],
  [
    "an unknown role",
    question({ prompt: undefined, messages: [{ role: "wizard", content: "Hi" }, user] }),
    ["role"],
  ],
  [
    "an unknown content part",
    question({ prompt: undefined, messages: [{ role: "user", content: [{ type: "hologram" }] }] }),
    ["content"],
  ],
  ["an empty panel", question({ analysis_models: [] }), ["analysis_models"]],
  ["nine panelists", question({ analysis_models: nine }), ["analysis_models"]],
  ["a panel that is not a list", question({ analysis_models: ALPHA }), ["analysis_models"]],
  ["a member without a name", question({ analysis_models: [ALPHA, ""] }), ["analysis_models"]],
  [
    "a member without a model",
    question({ analysis_models: [{ temperature: 1 }] }),
    ["analysis_models", "model"],
  ],
  ["an unknown preset", question({ preset: "general-best" }), ["preset", "general-best"]],
  [
    "a fusion model in the panel",
    question({ analysis_models: ["openrouter/fusion", ALPHA] }),
    ["analysis_models", "openrouter/fusion"],
  ],
  [
    "a fusion variant as a spec",
    question({ analysis_models: [{ model: "openrouter/fusion-flash:free" }] }),
    ["openrouter/fusion-flash"],
  ],
  ["a fusion model as analyst", question({ analyst: "openrouter/fusion" }), ["analyst"]],
  ["a fusion model as writer", question({ writer: { model: "openrouter/fusion" } }), ["writer"]],
  [
    "a fusion model as model",
    question({ analyst: undefined, writer: undefined, model: "openrouter/fusion" }),
    ["model"],
  ],
  [
    "a fusion model as fallback",
    question({ analysis_models: [{ model: ALPHA, fallbacks: ["openrouter/fusion"] }] }),
    ["fallbacks"],
  ],
  ["temperature above 2", question({ temperature: 2.1 }), ["temperature"]],
  ["temperature below 0", question({ temperature: -0.1 }), ["temperature"]],
  ["a temperature that is not a number", question({ temperature: "hot" }), ["temperature"]],
  ["temperature NaN", question({ temperature: NaN }), ["temperature"]],
  [
    "a member's temperature",
    question({ analysis_models: [{ model: ALPHA, temperature: 3 }] }),
    ["temperature"],
  ],
  ["max_tool_calls 0", question({ max_tool_calls: 0 }), ["max_tool_calls"]],
  ["max_tool_calls 17", question({ max_tool_calls: 17 }), ["max_tool_calls"]],
  ["max_tool_calls 1.5", question({ max_tool_calls: 1.5 }), ["max_tool_calls"]],
  ["max_completion_tokens 0", question({ max_completion_tokens: 0 }), ["max_completion_tokens"]],
  ["max_retries 11", question({ max_retries: 11 }), ["max_retries"]],
  ["max_retries -1", question({ max_retries: -1 }), ["max_retries"]],
  ["a negative seed", question({ seed: -1 }), ["seed"]],
  ["a seed of 2^53", question({ seed: 2 ** 53 }), ["seed"]],
  ["a fraction as seed", question({ seed: 0.5 }), ["seed"]],
  ["convene that is not a boolean", question({ convene: "no" }), ["convene"]],
  ["an unknown effort", question({ reasoning: { effort: "heroic" } }), ["effort"]],
  ["an unknown field of reasoning", question({ reasoning: { efort: "low" } }), ["efort"]],
  ["an unknown timeout", question({ timeouts: { first_ms: 1 } }), ["first_ms"]],
  ["a negative timeout", question({ timeouts: { idle_ms: -1 } }), ["idle_ms"]],
  ["an unknown field of quorum", question({ quorum: { min: 1 } }), ["min"]],
  ["a quorum of 0", question({ quorum: { min_responses: 0 } }), ["min_responses"]],
  ["a quorum of 9", question({ quorum: { min_responses: 9 } }), ["min_responses"]],
  [
    "nine tools",
    question({ tools: Array.from({ length: 9 }, () => ({ type: "openrouter:web_search" })) }),
    ["tools"],
  ],
  [
    "a function tool without a handler",
    question({ tools: [{ type: "function", function: { name: "f" } }] }),
    ["tools"],
  ],
  ["the fusion tool", question({ tools: [{ type: "openrouter:fusion" }] }), ["openrouter:fusion"]],
  [
    "nine fallbacks",
    question({ analysis_models: [{ model: ALPHA, fallbacks: nine }] }),
    ["fallbacks"],
  ],
  ["an unknown field", question({ promt: "a" }), ["promt"]],
  [
    "an unknown field of a member",
    question({ analysis_models: [{ model: ALPHA, temprature: 1 }] }),
    ["temprature"],
  ],
  [
    "an unknown field of the analyst",
    question({ analyst: { model: ALPHA, temperature: 0.5 } }),
    ["analyst", "temperature"],
  ],
  ["three passes", question({ analyst: { model: ALPHA, passes: 3 } }), ["analyst.passes"]],
  [
    "a panelist with passes",
    question({ analysis_models: [{ model: ALPHA, passes: 2 }] }),
    ["passes"],
  ],
  ["null", null, []],
  ["a number", 7, []],
  ["undefined", undefined, []],
  ["a list", [], []],
  ["a cyclic request", cyclic, []],
  ["a BigInt", question({ seed: 7n }), ["seed"]],
  ["a date in the request", question({ prompt: new Date(0) }), ["prompt"]],
  [
    "a getter that throws",
    {
      get prompt() {
        throw new Error("trap");
      },
    },
    [],
  ],
  [
    "a request of a class",
    new (class {
      prompt = Symbol("x");
    })(),
    ["prompt"],
  ],
  [
    "a field named __proto__",
    JSON.parse('{"prompt":"Hello","__proto__":{"model":"x"}}'),
    ["__proto__"],
  ],
  ["a function in the request", question({ extra: () => {} }), ["extra"]],
  ["an invalid base URL", question(), ["baseURL"], { baseURL: "not a url" }],
  ["a relative base URL", question(), ["baseURL"], { baseURL: "/api/v1" }],
  ["a base URL of another scheme", question(), ["baseURL"], { baseURL: "ftp://example.com/v1" }],
  ["an empty key for OpenRouter", question(), ["apiKey"], { baseURL: undefined, apiKey: "" }],
  ["a key that is not text", question(), ["apiKey"], { apiKey: 7 }],
  ["a fetch that is not a function", question(), ["fetch"], { fetch: "fetch" }],
  ["an invalid signal", question(), ["signal"], { signal: {} }],
  ["an unknown option", question(), ["apikey"], { apikey: "sk-x" }],
  ["a `flush_ms` below 0", question(), ["flush_ms"], { flush_ms: -1 }],
  ["a `flush_ms` above 1000", question(), ["flush_ms"], { flush_ms: 1001 }],
  ["a `flush_ms` that is text", question(), ["flush_ms"], { flush_ms: "8" }],
  ["a `flush_ms` that is no number", question(), ["flush_ms"], { flush_ms: NaN }],
  ["a misspelt `flush_ms`", question(), ["flushMs", "`flush_ms`"], { flushMs: 8 }],
  ["an unknown limit", question(), ["bytes"], { limits: { bytes: 1 } }],
  ["a limit of 0", question(), ["line_bytes"], { limits: { line_bytes: 0 } }],
  ["an unknown field of app", question(), ["name"], { app: { name: "x" } }],
];

async function refuses(t, request, words, options) {
  await t.session.script({ ...defaultScripts(), "*": defaultScripts()[ALPHA] });
  let sent = 0;
  const counting = (...args) => {
    sent += 1;
    return fetch(...args);
  };
  const run = t.start(request, { fetch: counting, ...options });
  const error = await failure(run.result());
  ok(error instanceof t.FusionError && t.isFusionError(error), `${error}`);
  equal([error.name, error.code], ["FusionError", "invalid_request"], error.message);
  for (const word of words) includes(error.message, word);
  equal([sent, await t.session.calls()], [0, []], "nothing was sent");
  return error;
}

export default [
  ...refused.map(([name, request, words, options]) => ({
    name,
    run: (t) => refuses(t, request, words, options),
  })),
  {
    name: "extra_body cannot replace fields that the run needs",
    async run(t) {
      for (const extra_body of [{ model: "other/model" }, { messages: [] }, { stream: false }]) {
        await refuses(t, question({ analysis_models: [{ model: ALPHA, extra_body }] }), [
          "extra_body",
          Object.keys(extra_body)[0],
        ]);
      }
    },
  },
  {
    name: "a refusal names the allowed values",
    async run(t) {
      includes(
        (await refuses(t, question({ preset: "general-best" }), [])).message,
        "general-high",
      );
      includes((await refuses(t, question({ analysis_models: nine }), [])).message, "8");
      includes((await refuses(t, question({ temperature: 9 }), [])).message, "2");
      includes((await refuses(t, question({ max_tool_calls: 99 }), [])).message, "16");
    },
  },
  {
    name: "each way to read a run reports the refusal",
    async run(t) {
      const bad = question({ promt: "a" });
      const { events, error } = await readRun(t.start(bad));
      equal([events.map(({ type }) => type), error.code], [["run.failed"], "invalid_request"]);
      const text = await new Response(t.start(bad).toReadableStream()).text();
      includes(text, "run.failed");
      includes(text, "promt");
    },
  },
  {
    name: "isFusionError is false for other errors",
    async run(t) {
      const error = await failure(t.start({}).result());
      equal(
        [
          t.isFusionError(error),
          t.isFusionError(new Error("x")),
          t.isFusionError(null),
          t.isFusionError({ name: "FusionError" }),
        ],
        [true, false, false, false],
      );
      ok(error instanceof Error);
    },
  },
  {
    name: "undefined means absent",
    async run(t) {
      await t.session.script(defaultScripts());
      const result = await t
        .start(
          question({
            messages: undefined,
            preset: undefined,
            temperature: undefined,
            quorum: { grace_ms: undefined },
          }),
          { signal: undefined, app: undefined, limits: undefined, fetch: undefined },
        )
        .result();
      equal(result.answer, "Yes, it is blue.");
    },
  },
];
