// Tests fromAiSdk() with the official providers: text, reasoning, sources, tools, aborts, errors.

import { equal, lacks, ok } from "../scenarios/assert.mjs";
import { scripts } from "./fixtures.mjs";
import { KEY, wires } from "./wires.mjs";

const prompt = "Who?";
const stock = {
  type: "function",
  function: {
    name: "stock",
    description: "The price of a stock.",
    parameters: { type: "object", properties: { symbol: { type: "string" } } },
  },
};
/** Providers whose wire format has no reasoning. */
const NO_REASONING = ["openai, chat"];
/** Groq reports usage in a special field, which the loopback provider does not send. */
const NO_USAGE = ["groq"];
const NO_SOURCES = ["groq", "anthropic", "bedrock"];
/** The expected error code for each status. Native providers give the same codes. */
const CODES = {
  400: "invalid_request",
  401: "authentication",
  402: "insufficient_credits",
  403: "permission",
  404: "invalid_model",
  429: "rate_limited",
  500: "provider_error",
  503: "provider_error",
};

/** Starts a run whose panel is one model of the provider. Analyst and writer are scripted. */
function start(t, provider, fields, options) {
  return t.fuse(
    {
      prompt,
      analysis_models: ["sdk:m"],
      analyst: "d/analyst",
      writer: "d/writer",
      max_retries: 0,
      tools: [],
      ...fields,
    },
    {
      apiKey: "desk",
      fetch: t.scriptedFetch(scripts()),
      providers: { sdk: t.fromAiSdk(provider) },
      ...options,
    },
  );
}

async function failureOf(run) {
  const error = await run.result().then(
    () => undefined,
    (error) => error,
  );
  ok(error, "the run did not fail");
  return error;
}

export default Object.entries(wires).flatMap(([name, wire]) => [
  {
    name: `${name}: text, reasoning, sources and usage`,
    async run(t) {
      const source = NO_SOURCES.includes(name) ? undefined : "https://source.example/";
      const reasoning = NO_REASONING.includes(name) ? undefined : "Hm, let me see.";
      const { provider } = await wire(t, [{ text: "It is me.", reasoning, source }]);
      const run = start(t, provider);
      let thought = "";
      for await (const event of run)
        if (event.type === "panelist.reasoning") thought += event.delta;
      const { responses } = await run.result();
      const [{ content, finish_reason, usage, sources }] = responses;
      equal([content, finish_reason, thought], ["It is me.", "stop", reasoning ?? ""]);
      const tokens = NO_USAGE.includes(name) ? [null, null] : [3, 4];
      equal([usage.prompt_tokens, usage.completion_tokens, usage.cost], [...tokens, null]);
      equal(
        sources.map(({ url }) => url),
        source ? [source] : [],
      );
    },
  },
  {
    name: `${name}: a tool loop, with what the provider has signed`,
    async run(t) {
      const reasoning = NO_REASONING.includes(name) ? undefined : "I look it up.";
      const { provider, bodies } = await wire(t, [
        { reasoning, calls: [{ name: "stock", input: { symbol: "ACME" } }] },
        { text: "It costs 7." },
      ]);
      const inputs = [];
      // Turn off `toolStreaming`. It adds a field with which Anthropic streams a tool's input
      // early, and the loopback provider refuses this field.
      const extra_body = { providerOptions: { anthropic: { toolStreaming: false } } };
      const run = start(
        t,
        provider,
        { tools: [stock], analysis_models: [{ model: "sdk:m", extra_body }] },
        {
          toolHandlers: {
            stock: (input) => {
              inputs.push(input);
              return "7 dollars";
            },
          },
        },
      );
      const { responses } = await run.result();
      equal([responses[0].content, inputs], ["It costs 7.", [{ symbol: "ACME" }]]);
      const [, second] = await bodies();
      const sent = JSON.stringify(second);
      ok(sent.includes("7 dollars"), sent);
      // The test need not check the signatures of Anthropic's format, because the loopback provider
      // checks them.
      if (name === "google") ok(sent.includes("U0lHTkVE"), sent);
      if (name === "bedrock") ok(sent.includes("SIGNED") && sent.includes(reasoning), sent);
      if (name === "anthropic") ok(sent.includes('"signature"'), sent);
    },
  },
  {
    name: `${name}: cancelling the panelist aborts its call`,
    async run(t) {
      const { provider, aborted } = await wire(t, [{ text: "Slow and long", stall: true }]);
      const run = start(t, provider, {
        analysis_models: ["sdk:m", "a/one"],
        quorum: { min_responses: 1, grace_ms: 300 },
      });
      const { failed_models } = await run.result();
      equal(
        failed_models.map(({ index, code }) => [index, code]),
        [[0, "cancelled"]],
      );
      ok(await aborted(), "the call was not aborted");
    },
  },
  {
    name: `${name}: each class of error has the code of native providers, and no secret`,
    async run(t) {
      for (const [status, code] of Object.entries(CODES)) {
        const words = status === "404" ? "The model `m` does not exist" : `refused: ${status}`;
        const message = `${words}, key=${KEY}`;
        const headers = { "retry-after": "7", "x-secret-header": "HEADER" };
        const { provider } = await wire(t, [{ status: Number(status), message, headers }]);
        const error = await failureOf(start(t, provider));
        equal([error.code, error.status_code], [code, Number(status)], `status ${status}`);
        if (status === "429") equal(error.retry_after_ms, 7000);
        const shown = JSON.stringify([error, error.message, error.cause, error.snapshot]);
        for (const secret of [KEY, "HEADER", "requestBodyValues"]) lacks(shown, secret);
        await t.session.reset();
      }
      const { provider } = await wire(t, [
        { status: 400, message: "This model's maximum context length is 8 tokens" },
      ]);
      const tooLong = await failureOf(start(t, provider));
      equal(tooLong.code, "context_length_exceeded");
      await t.session.reset();
      const gone = await wire(t, [{ offline: true }]);
      equal((await failureOf(start(t, gone.provider))).code, "network_error");
    },
  },
]);
