// Tests llm-fuse/workers-ai with the imitated binding. `t` has the package's exports. The scenarios
// run in Node and in workerd.

import { equal, failure, includes, ok, throws } from "../scenarios/assert.mjs";
import { AIBinding, usage } from "./ai-binding.mjs";

const stock = {
  type: "function",
  function: { name: "stock", description: "A price.", parameters: { type: "object" } },
};

/** Runs a panel of models of the binding. The analyst and the writer are scripted. */
function start(t, models, { ai = new AIBinding(), options, more, ...rest } = {}) {
  const fetch = t.scriptedFetch({ d: { analysis: { consensus: [] } }, w: "fine" });
  const request = {
    prompt: "?",
    analysis_models: models.map((model) => ({ model, provider: "workers" })),
    analyst: "d",
    writer: "w",
    max_retries: 0,
    ...more,
  };
  const run = t.fuse(request, {
    apiKey: "k",
    fetch,
    providers: { workers: t.workersAI(ai, options) },
    ...rest,
  });
  return { ai, run };
}

export default [
  {
    name: "workers-ai: both forms are read, whole and as a stream, with usage",
    async run(t) {
      const expected = {
        "@cf/old/stream": "old étream",
        "@cf/old/number": "42",
        "@cf/new/stream": "new stream",
        "@cf/both/stream": "once",
        "@cf/old/whole": "old whole",
        "@cf/old/object": '{"sum":42}',
        "@cf/new/whole": "new whole",
        "@cf/json/stream": "old json",
      };
      const models = Object.keys(expected);
      const { run } = start(t, models);
      const reasoning = [];
      for await (const event of run)
        if (event.type === "panelist.reasoning") reasoning.push([event.index, event.delta]);
      const { responses, failed_models } = await run.result();
      equal(failed_models, []);
      equal(Object.fromEntries(responses.map(({ model, content }) => [model, content])), expected);
      for (const { model, finish_reason, usage: counted } of responses) {
        equal([model, finish_reason], [model, "stop"]);
        const { prompt_tokens, completion_tokens, cost } = counted;
        equal([model, prompt_tokens, completion_tokens, cost ?? null], [model, 3, 4, null]);
      }
      equal(reasoning, [[models.indexOf("@cf/new/stream"), "Hm."]]);
    },
  },
  {
    name: "workers-ai: a Response of the binding is read like its stream",
    async run(t) {
      const { run } = start(t, ["@cf/raw/stream"]);
      equal((await run.result()).responses[0].content, "raw");
    },
  },
  {
    name: "workers-ai: a stream without a finish reason is complete at [DONE], and else broken",
    async run(t) {
      const { run } = start(t, ["@cf/new/endless", "@cf/old/broken", "@cf/old/long"], {
        more: { max_completion_tokens: 9 },
      });
      const { responses, failed_models } = await run.result();
      equal(
        responses.map(({ content, finish_reason }) => [content, finish_reason]),
        [
          ["no reason", "stop"],
          ["cut", "length"],
        ],
      );
      equal(
        failed_models.map(({ model }) => model),
        ["@cf/old/broken"],
      );
    },
  },
  {
    name: "workers-ai: tools work with both forms of calls",
    async run(t) {
      const { ai, run } = start(t, ["@cf/old/tool", "@cf/old/tool-whole", "@cf/new/tool"], {
        more: { tools: [stock] },
        toolHandlers: { stock: ({ symbol }) => `${symbol} 7` },
      });
      const { responses, failed_models } = await run.result();
      equal(failed_models, []);
      for (const { content, finish_reason } of responses) {
        includes(content, "result ");
        includes(content, "ACME 7");
        equal(finish_reason, "stop");
      }
      for (const model of ["@cf/old/tool", "@cf/old/tool-whole", "@cf/new/tool"]) {
        const [first, second] = ai.calls.filter((call) => call.model === model);
        equal(first.inputs.tools, [stock]);
        const [asked, result] = second.inputs.messages.slice(-2);
        const [call] = asked.tool_calls;
        equal([asked.content, call.function.name], ["", "stock"], "the content is never null");
        equal(JSON.parse(call.function.arguments), { symbol: "ACME" });
        ok(call.id && call.id === result.tool_call_id, "the result names its call");
      }
    },
  },
  {
    name: "workers-ai: the inputs are the request, and the options have gateway and signal",
    async run(t) {
      const gateway = { id: "default", skipCache: true, metadata: { team: "sky" } };
      const { ai, run } = start(t, ["@cf/old/stream"], {
        options: { gateway },
        more: { max_completion_tokens: 100, temperature: 0.5 },
      });
      await run.result();
      const [{ model, inputs, options }] = ai.calls;
      equal([model, inputs.model, inputs.stream], ["@cf/old/stream", undefined, true]);
      equal([inputs.temperature, inputs.messages.at(-1).content], [0.5, "?"]);
      equal(inputs.max_completion_tokens ?? inputs.max_tokens, 100);
      equal(Object.keys(options).sort(), ["gateway", "signal"]);
      equal(options.gateway, gateway);
      ok(options.signal instanceof AbortSignal);
      const other = start(t, ["@cf/old/stream"]);
      await other.run.result();
      equal(Object.keys(other.ai.calls[0].options), ["signal"]);
    },
  },
  {
    name: "workers-ai: documented codes become statuses and codes of a run",
    async run(t) {
      const expected = {
        "@cf/fails/busy": ["rate_limited", 429],
        "@cf/fails/quota": ["insufficient_credits", 429],
        "@cf/fails/model": ["invalid_model", 400],
        "@cf/fails/large": ["invalid_request", 413],
        "@cf/fails/account": ["permission", 403],
        "@cf/fails/other": ["provider_error", 502],
        "@cf/fails/response": ["invalid_request", 404],
        "@cf/fails/stream": ["rate_limited", 429],
      };
      const { run } = start(t, ["@cf/old/stream"].concat(Object.keys(expected).slice(0, 4)));
      const second = start(t, ["@cf/old/stream"].concat(Object.keys(expected).slice(4)));
      const results = [await run.result(), await second.run.result()];
      const failed = results.flatMap(({ failed_models }) => failed_models);
      equal(
        Object.fromEntries(
          failed.map(({ model, code, status_code }) => [model, [code, status_code]]),
        ),
        expected,
      );
      for (const { error } of failed) ok(!error.includes("[object"), error);
    },
  },
  {
    name: "workers-ai: a busy model is asked again",
    async run(t) {
      const ai = new AIBinding();
      const { run } = start(t, ["@cf/fails/busy", "@cf/old/stream"], {
        ai,
        more: { max_retries: 1 },
      });
      await run.result();
      equal(ai.calls.filter(({ model }) => model === "@cf/fails/busy").length, 2);
    },
  },
  {
    name: "workers-ai: an abort ends a call that ignores it, before and within the stream",
    async run(t) {
      for (const model of ["@cf/stalls/run", "@cf/stalls/first", "@cf/stalls/stream"]) {
        const { ai, run } = start(t, [model]);
        const result = failure(run.result());
        while (ai.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        await new Promise((resolve) => setTimeout(resolve, 20));
        run.cancel();
        equal((await result).code, "cancelled");
        ai.release();
        for (let i = 0; ai.cancelled === 0 && i < 200; i++)
          await new Promise((resolve) => setTimeout(resolve, 5));
        equal([model, ai.calls[0].options.signal.aborted, ai.cancelled], [model, true, 1]);
      }
    },
  },
  {
    name: "workers-ai: a wrong binding or option is refused",
    async run(t) {
      const ai = new AIBinding();
      includes(throws(() => t.workersAI(undefined), TypeError).message, "env.AI");
      includes(throws(() => t.workersAI({}), TypeError).message, "env.AI");
      includes(throws(() => t.workersAI(ai, { apiKey: "k" }), TypeError).message, "`apiKey`");
      includes(throws(() => t.workersAI(ai, { gateway: {} }), TypeError).message, "`id`");
      equal(usage.total_tokens, 7);
    },
  },
];
