// Tests runs with too few answers or with texts that were cut off, and reruns without a new answer.

import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, lacks, ok } from "./assert.mjs";
import {
  ALPHA,
  ANALYST,
  BETA,
  callsTo,
  defaultScripts,
  PANEL,
  question,
  stalled,
  WRITER,
} from "./fixtures.mjs";
import { complete, eventsOf, oneEvent, readRun } from "./run-helpers.mjs";

const GAMMA = "panel/gamma-1b";
const three = (more) => question({ analysis_models: [ALPHA, BETA, GAMMA], ...more });
const models = async (t) => (await t.session.calls()).map(({ model }) => model);
const LONG = `Gamma has more to say. ${"And this is the reason. ".repeat(12)}`;
/** A text of two deltas that breaks off. A browser needs time to deliver the text. */
const cutOff = { deltas: [LONG, "It goes on"], cut: { after: 2, wait_ms: 300 } };

const refusedQuorums = [
  [{ fail_below: 0 }, "`quorum.fail_below` must be an integer from 1 to 8, got 0"],
  [{ fail_below: 2, min_responses: 1 }, "`quorum.fail_below` is 2, and `min_responses` is 1"],
  [{ fail_below: 3 }, "`quorum.fail_below` is 3, and the panel has 2"],
  [{ accept_partial: "yes" }, "`quorum.accept_partial` must be true or false, got a string"],
];

const finished = async (t, more) => {
  await t.session.script(defaultScripts({ [GAMMA]: failures[402], ...more }));
  const run = t.start(three());
  await run.result();
  await t.session.reset();
  return JSON.parse(JSON.stringify(run.snapshot()));
};

export default [
  {
    name: "fewer answers than `fail_below` end the run with the snapshot",
    async run(t) {
      const slow = { [ALPHA]: stalled[ALPHA], [GAMMA]: stalled[ALPHA] };
      await t.session.script(defaultScripts({ ...slow, [BETA]: failures[402] }));
      const waiting = t.start(three({ quorum: { fail_below: 3 } }));
      const { events, error } = await readRun(waiting);
      equal(error.code, "insufficient_credits", "nobody has answered");
      equal(oneEvent(events, "panelist.failed", 0).error.code, "cancelled");
      await t.session.reset();

      // Beta fails late, after the other panelist has answered. An earlier failure would cancel the
      // other panelist.
      const late = { ...failures[402], delay: { headers_ms: 1_500 } };
      await t.session.script(defaultScripts({ [BETA]: late }));
      const quorum = { fail_below: 2 };
      const run = t.start(question({ quorum }));
      const below = await failure(run.result());
      equal([below.code, below.snapshot.version], ["quorum_not_met", 2]);
      includes(below.message, "only 1 of 2 panelists answered, and `quorum.fail_below` is 2");
      includes(below.message, "panelist 2 (panel/beta-70b)");
      equal(
        below.snapshot.responses.map(({ model }) => model),
        [ALPHA],
      );
      equal((await models(t)).sort(), [...PANEL]);
      await t.session.reset();
      await t.session.script(defaultScripts());
      const resumed = await t.start({ resume: below.snapshot }).result();
      equal([resumed.responses.length, await models(t)], [2, [BETA, ANALYST, WRITER]]);
    },
  },
  ...refusedQuorums.map(([quorum, message]) => ({
    name: `a quorum of ${JSON.stringify(quorum)} is refused by name`,
    async run(t) {
      const error = await failure(t.start(question({ quorum })).result());
      equal(error.code, "invalid_request");
      includes(error.message, message);
      const alone = { quorum: { fail_below: 3 }, convene: false };
      if (quorum.fail_below !== 3) return;
      await t.session.script(defaultScripts());
      equal((await t.start(question(alone)).result()).answer, "Yes, it is blue.");
    },
  })),
  {
    name: "`proceed()` returns false below `fail_below`",
    async run(t) {
      await t.session.script(defaultScripts({ [GAMMA]: stalled[ALPHA] }));
      // Let beta answer after alpha. If both answered at the same time, the test would see both
      // answers at the first event.
      let openBeta = () => {};
      const isBetaOpen = new Promise((resolve) => (openBeta = resolve));
      const inOrder = async (url, init) => {
        if (JSON.parse(init.body).model === BETA) await isBetaOpen;
        return fetch(url, init);
      };
      const run = t.start(three({ quorum: { fail_below: 2 } }), { fetch: inOrder });
      const proceeded = [];
      for await (const { type } of run) {
        if (type !== "panelist.completed") continue;
        proceeded.push(run.proceed());
        openBeta();
      }
      equal(proceeded, [false, true]);
      equal((await run.result()).responses.length, 2);
    },
  },
  {
    name: "analyst, writer and a warning say who is missing",
    async run(t) {
      await t.session.script(defaultScripts({ [GAMMA]: failures[402] }));
      const { events, result } = await complete(t.start(three()));
      const { code, message } = oneEvent(events, "warning");
      equal(code, "degraded_panel");
      equal(
        message,
        "2 of 3 panelists answered; missing: panelist 3 (panel/gamma-1b): insufficient_credits",
      );
      // The panelist that failed has no part in the comparison.
      equal(result.kinship.panel, [[0, 1]]);
      const calls = await t.session.calls();
      for (const model of [ANALYST, WRITER])
        includes(JSON.stringify(callsTo(calls, model)[0].body), "2 of 3 experts answered");
      await t.session.reset();
      await t.session.script(defaultScripts());
      await complete(t.start(question()));
      for (const { body } of await t.session.calls())
        lacks(JSON.stringify(body), "experts answered");
    },
  },
  {
    name: "a text that was cut off counts with `accept_partial`, in results, snapshots and prompts",
    async run(t) {
      await t.session.script(defaultScripts({ [GAMMA]: cutOff }));
      const run = t.start(three({ quorum: { accept_partial: true } }));
      const { events, result } = await complete(run);
      const event = oneEvent(events, "panelist.completed", 2);
      const [, , response] = result.responses;
      for (const { partial, error } of [event, response])
        equal([partial, error.code, error.index], [true, "network_error", 2]);
      ok(response.content.startsWith(LONG.trim()), response.content);
      equal([result.failed_models, eventsOf(events, "panelist.failed").length], [[], 0]);
      const snapshot = JSON.parse(JSON.stringify(run.snapshot()));
      equal([snapshot.version, snapshot.responses[2], snapshot.partial], [2, response, []]);
      const calls = await t.session.calls();
      for (const model of [ANALYST, WRITER])
        includes(JSON.stringify(callsTo(calls, model)[0].body), ", cut off before its end:");
      await t.session.reset();
      await t.session.script(defaultScripts({ [GAMMA]: says("Gamma finds all common ground.") }));
      const again = await complete(t.start({ resume: snapshot }));
      equal([await models(t), again.result.answer], [[], result.answer]);
      const whole = await t.start({ resume: { snapshot, rerun: [2] } }).result();
      equal([whole.responses[2].partial, await models(t)], [undefined, [GAMMA, ANALYST, WRITER]]);
    },
  },
  {
    name: "`retryPanelist()` restarts a panelist that was cut off",
    async run(t) {
      const sequence = [cutOff, says("Gamma finds all common ground.")];
      const slow = says("Alpha finds all common ground.", { delay: { first_ms: 1_500 } });
      await t.session.script(defaultScripts({ [ALPHA]: slow, [GAMMA]: { sequence } }));
      const run = t.start(three({ quorum: { accept_partial: true } }));
      const partials = [];
      for await (const event of run) {
        if (event.type !== "panelist.completed" || event.index !== 2) continue;
        partials.push(event.partial);
        equal(run.retryPanelist(2), event.partial === true);
      }
      const { responses } = await run.result();
      equal([partials, responses[2].content], [[true, undefined], sequence[1].text]);
    },
  },
  {
    name: "a rerun that brings no new answer keeps analysis and answer",
    async run(t) {
      const snapshot = await finished(t);
      await t.session.script(defaultScripts({ [GAMMA]: failures[402], [BETA]: failures[402] }));
      const { events, result } = await complete(t.start({ resume: { snapshot, rerun: [1, 2] } }));
      equal((await models(t)).sort(), [BETA, GAMMA]);
      equal(
        [result.answer, result.analysis, result.responses.length],
        [snapshot.answer.content, snapshot.analysis, 2],
      );
      equal(
        eventsOf(events, "warning").map(({ code }) => code),
        ["rerun_failed", "degraded_panel"],
      );
      equal(oneEvent(events, "panelist.completed", 1).restored, true);
      equal(oneEvent(events, "analysis.completed").restored, true);
      equal(
        result.failed_models.map(({ index }) => index),
        [2],
      );
    },
  },
  {
    name: "a failed panelist can be removed without paying for the analysis again",
    async run(t) {
      const snapshot = await finished(t, { [ALPHA]: failures[402], [GAMMA]: says(LONG) });
      const analysis_models = [GAMMA, BETA];
      const result = await t.start({ resume: snapshot, analysis_models }).result();
      equal([await models(t), result.answer], [[], snapshot.answer.content]);
      equal(
        result.analysis.unique_insights.map(({ model, panelist }) => [model, panelist]),
        snapshot.analysis.unique_insights.map(({ model }) => [
          model,
          analysis_models.indexOf(model),
        ]),
      );
    },
  },
  {
    name: "kinship groups panelists of one family with different models",
    async run(t) {
      const estimated = async (analysis_models) => {
        const request = question({ analysis_models });
        const options = { baseURL: t.session.baseURL, apiKey: "k" };
        return (await t.estimate(request, options)).kinship.panel;
      };
      equal(await estimated(["openai/a", "x/b", "openai/c", "x/b"]), [[0, 2]]);
      equal(await estimated(["openai/a", "openai/a"]), [], "a deliberate choice");
      equal(await estimated(["google/gemma-3", "ollama:gemma3", "ollama:llama3.2"]), [[0, 1]]);
      equal(await estimated(["meta-llama/llama-3.3", "ollama:qwen3", "qwen/qwen3"]), [[1, 2]]);
    },
  },
];
