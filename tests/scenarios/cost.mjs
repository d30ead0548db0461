// Tests that the total cost is exact. The run adds the decimal digits that providers send, and does
// not add floats.

import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, ok } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, defaultScripts, question, WRITER } from "./fixtures.mjs";
import { complete, eventsOf } from "./run-helpers.mjs";

const spent = (costs, tokens = {}) => ({
  [ALPHA]: says("Alpha finds all common ground.", { usage: usage(costs[0], tokens) }),
  [BETA]: says("Beta finds all common ground.", { usage: usage(costs[1], tokens) }),
  [ANALYST]: analysis(["A", "B"], { usage: usage(costs[2], tokens) }),
  [WRITER]: says("So.", { usage: usage(costs[3], tokens) }),
});

const usage = (cost, tokens) => ({
  prompt_tokens: 10,
  completion_tokens: 5,
  reasoning_tokens: 2,
  ...tokens,
  ...(cost !== undefined && { cost }),
});

const sums = [
  [["0.1", "0.2", "0", "0"], 0.3, 0.3],
  [["0.1", "0.1", "0.1", "0.7"], 0.2, 1],
  [["0.000123", "1.5e-7", "0.0000000001", "3"], 0.00012315, 3.0001231501],
  [["1E-6", "2e-06", "0.000001000000", "1"], 0.000003, 1.000004],
];

export default [
  ...sums.map(([costs, panel, total]) => ({
    name: `${costs.join(" + ")} is ${total}`,
    async run(t) {
      await t.session.script(spent(costs));
      const { usage } = await t.start(question()).result();
      equal(
        [usage.cost, usage.cost_so_far, usage.unknown_calls, usage.by_stage.panel.cost],
        [total, total, 0, panel],
      );
    },
  })),
  {
    name: "an unknown cost is null, never 0",
    async run(t) {
      await t.session.script(spent(["0.1", undefined, "0.2", "0.3"]));
      const { usage, activity, responses } = await t.start(question()).result();
      equal([usage.cost, usage.cost_so_far, usage.unknown_calls], [null, 0.6, 1]);
      const { panel, analysis } = usage.by_stage;
      equal([panel.cost, panel.cost_so_far, panel.unknown_calls], [null, 0.1, 1]);
      equal([analysis.cost, analysis.unknown_calls], [0.2, 0]);
      equal(
        responses.map((response) => response.usage.cost),
        [0.1, null],
      );
      equal(activity.find(({ index }) => index === 1).cost, null);
    },
  },
  ...[
    ["ECONNREFUSED", 0.6, 0],
    ["ENOTFOUND", 0.6, 0],
    ["ECONNRESET", null, 1],
    [undefined, null, 1],
  ].map(([code, total, unknown]) => ({
    name: `a request without a response (${code ?? "no code"}): total ${total}`,
    async run(t) {
      await t.session.script(spent(["0.1", "0", "0.2", "0.3"]));
      const failed = Object.assign(new TypeError("fetch failed"), { cause: { code } });
      const fetch = (url, init) =>
        init.body?.includes(`"${BETA}"`) ? Promise.reject(failed) : globalThis.fetch(url, init);
      const request = question({ max_retries: 0 });
      const { usage, failed_models } = await t.start(request, { fetch }).result();
      equal(failed_models[0].code, "network_error");
      equal([usage.cost, usage.unknown_calls], [total, unknown]);
    },
  })),
  {
    name: "without usage from the provider, costs and tokens are null",
    async run(t) {
      await t.session.script(defaultScripts());
      const { usage, responses } = await t.start(question()).result();
      equal(
        [usage.cost, usage.cost_so_far, usage.unknown_calls, usage.prompt_tokens],
        [null, 0, 4, 0],
      );
      equal(responses[0].usage, {
        cost: null,
        prompt_tokens: null,
        completion_tokens: null,
        reasoning_tokens: null,
      });
    },
  },
  {
    name: "tokens are added by stage",
    async run(t) {
      await t.session.script(spent(["0", "0", "0", "0"]));
      const { usage } = await t.start(question()).result();
      equal([usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens], [40, 20, 8]);
      equal(
        [
          usage.by_stage.panel.prompt_tokens,
          usage.by_stage.analysis.completion_tokens,
          usage.by_stage.answer.reasoning_tokens,
        ],
        [20, 5, 2],
      );
    },
  },
  {
    name: "usage is read from each place where providers put it",
    async run(t) {
      const scripts = spent(["0.1", "0.2", "0.3", "0.4"]);
      scripts[ALPHA].usage_in = "finish";
      scripts[BETA].usage_in = "empty_delta";
      Object.assign(scripts[WRITER], { json: true });
      await t.session.script(scripts);
      const { usage, responses } = await t.start(question()).result();
      equal(usage.cost, 1);
      equal(
        responses.map(({ finish_reason }) => finish_reason),
        ["stop", "stop"],
      );
    },
  },
  {
    name: "running totals only grow and end at the result's total",
    async run(t) {
      await t.session.script(spent(["0.1", "0.2", "0.3", "0.4"]));
      const { events, result } = await complete(t.start(question()));
      const totals = eventsOf(events, "usage").map(({ usage }) => usage.cost_so_far);
      ok(totals.length >= 2, "several usage events");
      ok(
        totals.every((total, i) => i === 0 || total >= totals[i - 1]),
        String(totals),
      );
      equal(totals.at(-1), result.usage.cost_so_far);
    },
  },
  {
    name: "the rows of the activity add up to the total",
    async run(t) {
      await t.session.script(spent(["0.25", "0.5", "0.125", "2"]));
      const { usage, activity } = await t.start(question()).result();
      equal(
        activity.reduce((sum, { cost }) => sum + cost, 0),
        usage.cost,
      );
    },
  },
  {
    name: "invalid usage figures do not fail the run",
    async run(t) {
      await t.session.script(spent(["1e400", "-1", "1e-30", "0.5"], { completion_tokens: 1e17 }));
      const { usage } = await t.start(question()).result();
      ok(usage.cost === null || Number.isFinite(usage.cost), String(usage.cost));
      ok(usage.cost_so_far >= 0.5 && Number.isFinite(usage.cost_so_far), String(usage.cost_so_far));
    },
  },
  {
    name: "a refused call does not make the total unknown",
    async run(t) {
      await t.session.script({ ...spent(["0.1", "0", "0.2", "0.3"]), [BETA]: failures[401] });
      const { usage, activity } = await t.start(question()).result();
      const row = activity.find(({ index }) => index === 1);
      equal(row.status, "failed");
      // If only one panelist answers, the run may skip the analyst. The cost must be known with and
      // without the analyst, although one call was refused.
      ok(usage.cost === 0.6 || usage.cost === 0.4, `cost ${usage.cost}`);
    },
  },
];
