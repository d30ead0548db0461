import { calls, priceList, says, uses } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "./assert.mjs";
import { hosted as builtIn, DIALECTS, own, providers } from "./dialects.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  question,
  stalled,
  WRITER,
} from "./fixtures.mjs";

const ALL = [ALPHA, BETA, ANALYST, WRITER];
const each = (pricing, models = ALL) => Object.fromEntries(models.map((model) => [model, pricing]));
const cheap = { prompt: "0.000001", completion: "0.000002" };
/** Returns options of a run on OpenRouter. Its `fetch` sends the calls to the test's session. */
const hosted = (t) => ({
  baseURL: undefined,
  fetch: (url, init) => fetch(url.replace("https://openrouter.ai/api/v1", t.session.baseURL), init),
});
const bills = (text, prompt_tokens, completion_tokens) =>
  says(text, { usage: { prompt_tokens, completion_tokens } });
const paths = async (t) =>
  (await t.session.calls()).map(({ method, url }) => `${method} ${url.split("/").at(-1)}`);
const long = "It goes on and on, word after word. ".repeat(60);

export default [
  {
    name: "if a provider reports no cost, the price list and its tiers give it",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: bills("Alpha finds all common ground.", 1000, 100),
          [BETA]: bills("Beta finds all common ground.", 1001, 100),
        }),
      );
      const tiered = {
        ...cheap,
        request: "0.01",
        overrides: [{ min_prompt_tokens: 1000, prompt: "0.00001" }],
      };
      const { responses, usage } = await t
        .start(question(), { prices: each(tiered, [ALPHA, BETA]) })
        .result();
      equal(
        responses.map((response) => response.usage.cost),
        [0.0112, 0.02021],
      );
      equal(
        [usage.cost, usage.cost_so_far, usage.unknown_calls],
        [null, 0.03141, 2],
        "analyst and writer have no price",
      );
    },
  },
  {
    name: "a cost that the provider reports overrides the price list",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: says("Alpha.", {
            usage: { prompt_tokens: 5, completion_tokens: 5, cost: "0.25" },
          }),
        }),
      );
      const { responses } = await t.start(question(), { prices: each(cheap) }).result();
      equal(
        responses.map((response) => response.usage.cost),
        [0.25, null],
        "no tokens, no cost",
      );
    },
  },
  {
    name: "invalid prices and limits are refused by name",
    async run(t) {
      const refused = [
        [question(), { prices: { m: "free" } }, '`prices["m"]`'],
        [question(), { prices: { m: { prompt: "1" } } }, '`prices["m"].completion`'],
        [question(), { prices: { m: { prompt: "-1", completion: "1" } } }, '`prices["m"].prompt`'],
        [question(), { prices: [cheap] }, "`prices`"],
        ...[0, -1, "1", {}].map((max_cost) => [question({ max_cost }), {}, "`max_cost`"]),
      ];
      for (const [request, options, words] of refused) {
        const error = await failure(t.start(request, options).result());
        equal(error.code, "invalid_request", error.message);
        includes(error.message, words);
      }
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "max_cost: a model without a price is refused by name, before any call",
    async run(t) {
      const error = await failure(
        t.start(question({ max_cost: 1 }), { prices: each(cheap, [ALPHA, BETA, WRITER]) }).result(),
      );
      equal(error.code, "invalid_request");
      for (const words of ["`max_cost`", ANALYST]) includes(error.message, words);
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "max_cost: a run within the limit completes",
    async run(t) {
      await t.session.script(defaultScripts());
      const { status, answer } = await t
        .start(question({ max_cost: 1 }), { prices: each(cheap) })
        .result();
      equal([status, answer], ["ok", "Yes, it is blue."]);
    },
  },
  {
    name: "max_cost: a call that exceeds the limit is not made",
    async run(t) {
      await t.session.script(defaultScripts());
      const error = await failure(
        t.start(question({ max_cost: 0.000001 }), { prices: each(cheap) }).result(),
      );
      equal(
        [error.code, await t.session.calls(), error.snapshot.activity],
        ["budget_exceeded", [], []],
      );
      includes(error.message, "max_cost");
    },
  },
  {
    name: "max_cost: open calls are closed at the limit, and finished answers can be resumed",
    async run(t) {
      const costly = { prompt: "0", completion: "0.001" };
      await t.session.script(
        defaultScripts({ [BETA]: says(long, { delay: { between_ms: 1 }, stall: { after: 400 } }) }),
      );
      const options = { prices: each(costly) };
      const error = await failure(t.start(question({ max_cost: 0.3 }), options).result());
      equal(
        [error.code, error.snapshot.responses.map(({ index }) => index)],
        ["budget_exceeded", [0]],
      );
      const [partial] = error.snapshot.partial;
      ok(partial.index === 1 && partial.content.length > 100, partial.content);
      const calls = await t.session.until((calls) => calls.every(({ end }) => end !== "open"));
      equal(
        callsTo(calls, BETA).map(({ end }) => end),
        ["client_closed"],
      );
      equal(callsTo(calls, ANALYST), [], "a call that does not fit is not made");
      const cut = error.snapshot.activity.find(({ index }) => index === 1);
      equal([cut.status, cut.cost], ["cancelled", null]);
      await t.session.reset();
      await t.session.script(defaultScripts());
      const { answer } = await t.start({ resume: error.snapshot, max_cost: 3 }, options).result();
      equal(
        [answer, (await t.session.calls()).map(({ model }) => model)],
        ["Yes, it is blue.", [BETA, ANALYST, WRITER]],
      );
    },
  },
  {
    name: "max_cost on OpenRouter: a run fetches one price list and sends the limit to the tools",
    async run(t) {
      await t.session.script(
        defaultScripts({
          "GET /models": priceList({
            ...each(cheap),
            "some/router": { prompt: "-1", completion: "-1" },
          }),
        }),
      );
      await t.start(question({ max_cost: 1 }), hosted(t)).result();
      equal((await paths(t)).filter((path) => path === "GET models").length, 1);
      const limits = (await t.session.calls()).map(
        ({ body }) =>
          body?.stop_server_tools_when?.find(({ type }) => type === "max_cost")
            ?.max_cost_in_dollars,
      );
      const [list, one, two, analyst, writer] = limits;
      equal([list, writer], [undefined, undefined]);
      ok(one > 0 && two > 0 && one + two <= 1 && analyst > 0 && analyst < 1, limits.join());
      await t.session.reset();
      await t.session.script(
        defaultScripts({ "GET /models": priceList(each(cheap, [ALPHA, BETA, WRITER])) }),
      );
      const error = await failure(t.start(question({ max_cost: 1 }), hosted(t)).result());
      equal([error.code, await paths(t)], ["invalid_request", ["GET models"]]);
      includes(error.message, ANALYST);
    },
  },
  {
    name: "max_cost: if the price list cannot be fetched, the run fails",
    async run(t) {
      for (const [script, code] of [
        [{ status: 503, body: "" }, "provider_error"],
        [{ status: 200, body: "<html>" }, "provider_error"],
        [{ cut: "headers" }, "network_error"],
      ]) {
        await t.session.script(defaultScripts({ "GET /models": script }));
        const error = await failure(t.start(question({ max_cost: 1 }), hosted(t)).result());
        equal(error.code, code, error.message);
        includes(error.message, "price list");
      }
      equal(
        (await paths(t)).filter((path) => path.startsWith("POST")),
        [],
      );
    },
  },
  {
    name: "estimate: low, expected and high costs by stage",
    async run(t) {
      const { low, expected, high, by_stage, unknown } = await t.estimate(question(), {
        baseURL: t.session.baseURL,
        prices: each(cheap),
      });
      ok(low > 0 && low < expected && expected < high, [low, expected, high].join());
      const { panel, analysis, answer } = by_stage;
      for (const name of ["low", "expected", "high"]) {
        ok(
          [panel, analysis, answer].every((stage) => stage[name] > 0),
          name,
        );
        ok(
          Math.abs(panel[name] + analysis[name] + answer[name] - { low, expected, high }[name]) <
            1e-9,
          name,
        );
      }
      // The panel has two panelists with 16,000 tokens each and a short prompt.
      ok(panel.high >= 2 * 16_000 * 0.000002 && panel.high < 0.07, String(panel.high));
      equal([unknown, await t.session.calls()], [[], []]);
    },
  },
  {
    name: "estimate: models without a price are listed and do not count as 0",
    async run(t) {
      const { low, high, by_stage, unknown } = await t.estimate(question(), {
        baseURL: t.session.baseURL,
        prices: each(cheap, [ALPHA, BETA, ANALYST]),
      });
      equal([low, high, by_stage.answer.expected, unknown], [null, null, null, [WRITER]]);
      ok(by_stage.panel.low > 0);
    },
  },
  {
    name: "estimate on OpenRouter fetches the price list once",
    async run(t) {
      await t.session.script({ "GET /models": priceList(each(cheap)) });
      const { low, unknown } = await t.estimate(question(), { apiKey: "sk-or-v1-x", ...hosted(t) });
      equal([low > 0, unknown, await paths(t)], [true, [], ["GET models"]]);
    },
  },
  {
    name: "estimate: an abort while the core loads takes effect, and a nested abort harms no run",
    async run(t) {
      const controller = new AbortController();
      let asked = 0;
      const waiting = failure(
        t.estimate(question(), {
          apiKey: "sk-or-v1-x",
          signal: controller.signal,
          fetch: () => (asked += 1),
        }),
      );
      controller.abort("early");
      equal([await waiting, asked], ["early", 0]);

      await t.session.script(defaultScripts(stalled));
      const run = t.start(question());
      const result = failure(run.result());
      const second = new AbortController();
      const list = () =>
        new Response('{"data":[]}', { headers: { "content-type": "application/json" } });
      const estimate = t.estimate(question(), {
        apiKey: "sk-or-v1-x",
        signal: second.signal,
        fetch: async (_, { signal }) => {
          signal.addEventListener("abort", () => second.abort("late"));
          return list();
        },
      });
      ok((await estimate).unknown.length > 0, "models without a price");
      run.cancel();
      equal((await result).code, "cancelled");
    },
  },
  {
    name: "estimate fails with the error of the run",
    async run(t) {
      const wrong = await failure(t.estimate({ promt: "typo" }, { baseURL: t.session.baseURL }));
      equal([wrong.code, wrong instanceof t.FusionError], ["invalid_request", true]);
      await t.session.script({
        "GET /models": { status: 401, body: { error: { code: 401, message: "No auth" } } },
      });
      const denied = await failure(t.estimate(question(), { apiKey: "sk-or-v1-x", ...hosted(t) }));
      equal([denied.code, denied.status_code], ["authentication", 401]);
      const aborted = await failure(
        t.estimate(question(), { signal: AbortSignal.abort("enough") }),
      );
      equal(aborted, "enough");
      await t.session.script({ "GET /models": { stall: "headers" } });
      const controller = new AbortController();
      const waiting = failure(
        t.estimate(question(), { apiKey: "sk-or-v1-x", ...hosted(t), signal: controller.signal }),
      );
      await t.session.until((calls) => calls.some(({ end }) => end === "open"));
      controller.abort("too slow");
      equal(await waiting, "too slow");
      const calls = await t.session.until((calls) => calls.every(({ end }) => end !== "open"));
      equal(calls.at(-1).end, "client_closed");
    },
  },
  ...DIALECTS.map((dialect) => ({
    name: `max_cost: a tool loop stops before the turn that would exceed the limit (${dialect})`,
    async run(t) {
      const model = dialect === "messages" ? "claude-opus-5" : ALPHA;
      const pricing = { prompt: "0.00001", completion: "0" };
      const turn = (i) =>
        says("", {
          tool_calls: [calls("look", { i }, { id: `call_${i}` })],
          usage: { prompt_tokens: 100, completion_tokens: 5 },
        });
      await t.session.script(
        defaultScripts({
          [model]: { sequence: [turn(1), turn(2), turn(3), says("All common ground.")] },
        }),
      );
      let runs = 0;
      // Each tool result adds 3,000 tokens to the prompt. A prompt with one result costs 0.03 USD,
      // and a third call would exceed the limit of 0.05 USD.
      const toolHandlers = {
        look: () => {
          runs += 1;
          return "x".repeat(9000);
        },
      };
      const request = question({
        analysis_models: [{ model: `${dialect}:${model}`, tools: [own("look")] }],
        max_cost: 0.05,
      });
      const error = await failure(
        t
          .start(request, {
            ...providers(t),
            toolHandlers,
            prices: each(pricing, [model, ANALYST, WRITER]),
          })
          .result(),
      );
      equal(
        [error.code, runs, callsTo(await t.session.calls(), model).length],
        ["budget_exceeded", 2, 2],
      );
      equal(
        error.snapshot.activity.map(({ cost }) => cost),
        [0.001, 0.001],
      );
    },
  })),
  {
    name: "the price list gives no cost if the provider ran tools",
    async run(t) {
      const usage = { prompt_tokens: 1000, completion_tokens: 100 };
      const work = uses("web_search", { query: "sky" }, {});
      await t.session.script(
        defaultScripts({
          hosted: says("Alpha finds all common ground.", { reasoning_details: [work], usage }),
          [BETA]: {
            rounds: [
              says("", { tool_calls: [calls("web_search", {})], usage }),
              says("Beta finds all common ground.", { usage }),
            ],
          },
        }),
      );
      const options = {
        ...builtIn(t),
        toolHandlers: { web_search: () => "found" },
        prices: each(cheap, ["hosted", BETA]),
      };
      const { responses } = await t
        .start(
          question({
            analysis_models: ["openai:hosted", BETA],
            analyst: { model: ANALYST, tools: [] },
          }),
          options,
        )
        .result();
      equal(
        responses.map((response) => response.usage),
        [
          { cost: null, reasoning_tokens: 0, ...usage },
          { cost: 0.0024, prompt_tokens: 2000, completion_tokens: 200, reasoning_tokens: 0 },
        ],
      );
    },
  },
];
