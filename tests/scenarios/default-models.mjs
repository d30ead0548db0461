// Tests default models. If the request sets no model for the analyst or the writer, the role uses
// the model of a panelist. If this model fails, the role uses the model of a panelist that has
// answered.

import { noneOpen } from "../provider/client.mjs";
import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, callsTo, question, WRITER } from "./fixtures.mjs";
import { complete, eventsOf, oneEvent } from "./run-helpers.mjs";

/**
 * The model that fails. This model is the first of the panel, and therefore the default of both
 * roles.
 */
const TYPO = "acme/misspelt";

/** Returns a script for a model that is called as panelist, then as analyst, then as writer. */
const serves = (name) => ({
  sequence: [
    says(`${name} finds all common ground.`),
    analysis(["A"]),
    says(`${name} writes the answer.`),
  ],
});

const scripts = (more) => ({
  [TYPO]: failures[404],
  [ALPHA]: serves("Alpha"),
  [BETA]: says("Beta finds all common ground."),
  [ANALYST]: analysis(["A"]),
  [WRITER]: says("The chosen writer answers."),
  ...more,
});

/** Returns a request that names no model for the analyst and the writer. `more` can name them. */
const withDefaults = (more) =>
  question({
    analysis_models: [TYPO, ALPHA, BETA],
    analyst: undefined,
    writer: undefined,
    ...more,
  });

const warnings = (events) =>
  eventsOf(events, "warning")
    .filter(({ code }) => code === "default_replaced")
    .map(({ message }) => message);

async function completes(t, more, scripted) {
  await t.session.script(scripts(scripted));
  const run = await complete(t.start(withDefaults(more)));
  const calls = await t.session.calls();
  const count = (model) => callsTo(calls, model).length;
  return { ...run, count, replaced: warnings(run.events) };
}

/** Runs until the panel has ended. Returns the snapshot, parsed from JSON. */
async function afterPanel(t, request) {
  await t.session.script(scripts({ [ALPHA]: says("Alpha finds all common ground.") }));
  const run = t.start(request);
  let ended = 0;
  for await (const { type } of run) {
    if (type === "panelist.completed" || type === "panelist.failed") ended += 1;
    if (ended === 3) break;
  }
  await t.session.until(noneOpen);
  await t.session.reset();
  return JSON.parse(JSON.stringify(run.snapshot()));
}

export default [
  ...[401, 402, 404].map((status) => ({
    name: `a default model that failed with ${status} is replaced in both roles`,
    async run(t) {
      const { events, result, count, replaced } = await completes(
        t,
        {},
        { [TYPO]: failures[status] },
      );
      equal([count(TYPO), count(ALPHA), count(BETA)], [1, 3, 1]);
      equal(result.answer, "Alpha writes the answer.");
      ok(result.analysis);
      equal(oneEvent(events, "run.started").writer, TYPO, "the plan names the default");
      equal(oneEvent(events, "analysis.started").model, ALPHA);
      equal(oneEvent(events, "answer.started").model, ALPHA);
      equal(replaced.length, 2);
      for (const [i, role] of ["analyst", "writer"].entries()) {
        includes(replaced[i], `\`${TYPO}\`, the default of the ${role}, failed`);
        includes(replaced[i], `\`${ALPHA}\`, which answered in the panel, replaces it`);
      }
    },
  })),
  {
    name: "a model that the caller chose for a role is not replaced",
    async run(t) {
      for (const more of [
        { writer: TYPO, analyst: ANALYST },
        { model: TYPO, analyst: ANALYST },
      ]) {
        await t.session.script(scripts());
        const run = t.start(withDefaults(more));
        const error = await failure(run.result());
        equal([error.code, error.status_code], ["writer_failed", 404]);
        equal(error.snapshot.responses.length, 2);
        equal(callsTo(await t.session.calls(), ALPHA).length, 1);
        await t.session.reset();
      }
    },
  },
  {
    name: "a role may have a default and the other a model of its own",
    async run(t) {
      const { result, count, replaced } = await completes(
        t,
        { analyst: ANALYST },
        { [ALPHA]: { sequence: [says("Alpha finds all common ground."), says("Alpha writes.")] } },
      );
      equal([result.answer, count(ANALYST), replaced.length], ["Alpha writes.", 1, 1]);
    },
  },
  {
    name: "a default model that failed for a passing cause is asked first",
    async run(t) {
      const busy = { sequence: [failures[503], analysis(["A"]), says("The default writes.")] };
      const { result, count, replaced } = await completes(t, {}, { [TYPO]: busy });
      equal([result.answer, count(TYPO), replaced], ["The default writes.", 3, []]);
      await t.session.reset();
      const down = await completes(t, {}, { [TYPO]: failures[503] });
      equal(down.result.answer, "Alpha writes the answer.");
      equal([down.count(TYPO), down.replaced.length], [3, 2]);
      const failed = oneEvent(down.events, "analysis.failed");
      equal([failed.error.code, failed.next], ["provider_error", ALPHA]);
    },
  },
  {
    name: "a default model that answered and fails in its role is replaced",
    async run(t) {
      const paid = { sequence: [says("The first answer."), analysis(["A"]), failures[402]] };
      const alpha = { sequence: [says("Alpha finds all."), says("Alpha writes.")] };
      const { events, result, count, replaced } = await completes(
        t,
        {},
        {
          [TYPO]: paid,
          [ALPHA]: alpha,
        },
      );
      equal([result.answer, count(TYPO), count(ALPHA)], ["Alpha writes.", 3, 2]);
      includes(replaced[0], "Insufficient credits");
      equal(
        eventsOf(events, "answer.started").map(({ model, attempt }) => [model, attempt]),
        [
          [TYPO, 1],
          [ALPHA, 2],
        ],
      );
    },
  },
  {
    name: "a substitute that fails is followed by the next panelist that answered",
    async run(t) {
      const { result, replaced } = await completes(
        t,
        { analyst: ANALYST },
        {
          [ALPHA]: { sequence: [says("Alpha finds all."), failures[402]] },
          [BETA]: { sequence: [says("Beta finds all."), says("Beta writes.")] },
        },
      );
      equal([result.answer, replaced.length], ["Beta writes.", 2]);
      await t.session.reset();
      await t.session.script(
        scripts({
          [ALPHA]: { sequence: [says("Alpha finds all."), failures[402]] },
          [BETA]: { sequence: [says("Beta finds all."), failures[401]] },
        }),
      );
      const error = await failure(t.start(withDefaults({ analyst: ANALYST })).result());
      equal([error.code, error.status_code], ["writer_failed", 401]);
    },
  },
  {
    name: "the caller's fallbacks come before a substitute",
    async run(t) {
      const { result, count, replaced } = await completes(t, {
        analyst: ANALYST,
        writer: { fallbacks: [WRITER] },
      });
      equal([result.answer, count(TYPO), replaced], ["The chosen writer answers.", 1, []]);
    },
  },
  {
    name: "the fallback of a panelist that answered is its substitute",
    async run(t) {
      const { result, count } = await completes(t, {
        analysis_models: [{ model: TYPO, fallbacks: [ALPHA] }, BETA],
      });
      equal(result.answer, "Alpha writes the answer.");
      equal(count(ALPHA), 3);
    },
  },
  {
    name: "a panelist that was cancelled is still the default",
    async run(t) {
      const slow = {
        sequence: [says("Too late.", { stall: "headers" }), analysis(["A"]), says("It writes.")],
      };
      const { result, replaced } = await completes(
        t,
        { quorum: { min_responses: 2 } },
        { [TYPO]: slow },
      );
      equal(result.failed_models[0].code, "cancelled");
      equal([result.answer, replaced], ["It writes.", []]);
    },
  },
  {
    name: "a substitute has the role's settings",
    async run(t) {
      await t.session.script(scripts({ [ALPHA]: says("Alpha has no `stop`.") }));
      const providers = { own: { baseURL: t.session.baseURL, dialect: "responses" } };
      const beta = { sequence: [says("Beta finds all."), says("Beta writes.")] };
      await t.session.script(scripts({ [BETA]: beta }));
      const request = withDefaults({
        analysis_models: [TYPO, `own:${ALPHA}`, BETA],
        analyst: ANALYST,
        writer: { stop: ["END"], temperature: 0.5 },
      });
      const result = await t.start(request, { providers }).result();
      equal(result.answer, "Beta writes.", "the responses dialect has no `stop`");
      const { body } = callsTo(await t.session.calls(), BETA)[1];
      equal([body.stop, body.temperature], [["END"], 0.5]);
    },
  },
  {
    name: "a resumed run replaces a default model, too",
    async run(t) {
      const snapshot = await afterPanel(t, withDefaults({ tools: [] }));
      equal(snapshot.model_is_default, true);
      const alpha = { sequence: [analysis(["A"]), says("Alpha writes.")] };
      await t.session.script(scripts({ [ALPHA]: alpha }));
      const { events, result } = await complete(t.start({ resume: snapshot }));
      equal([result.answer, warnings(events).length], ["Alpha writes.", 2]);
      await t.session.reset();
      await t.session.script(scripts({ [ALPHA]: alpha }));
      const chosen = t.start({ resume: snapshot, model: TYPO, max_retries: 0 });
      equal((await failure(chosen.result())).code, "writer_failed");
    },
  },
  {
    name: "a resumed run with a corrected panel has the corrected default",
    async run(t) {
      const snapshot = await afterPanel(t, withDefaults({ analyst: ANALYST }));
      await t.session.script(
        scripts({ [WRITER]: { sequence: [says("An answer."), says("Done.")] } }),
      );
      const models = [WRITER, ALPHA, BETA];
      const { events, result } = await complete(
        t.start({ resume: snapshot, analysis_models: models }),
      );
      equal([result.answer, warnings(events)], ["Done.", []]);
    },
  },
  {
    name: "a substitute counts in `max_cost`, `estimate()` and `kinship`",
    async run(t) {
      const pricing = (usd) => ({ prompt: usd, completion: usd });
      const prices = {
        [TYPO]: pricing("0.000001"),
        [ALPHA]: pricing("0.000001"),
        [BETA]: pricing("0.000009"),
      };
      const request = withDefaults({ max_completion_tokens: 100 });
      const options = { baseURL: t.session.baseURL, apiKey: "k", prices };
      const chosen = await t.estimate({ ...request, model: TYPO }, options);
      const open = await t.estimate(request, options);
      ok(open.by_stage.answer.high > 9 * chosen.by_stage.answer.high);
      equal(open.expected, chosen.expected);
      await t.session.script(scripts());
      const result = await t.start({ ...request, max_cost: 1 }, { prices }).result();
      const related = [1, 2];
      equal(
        result.kinship,
        { analyst: related, writer: related, panel: [related] },
        "not the family `acme`",
      );
      await t.session.reset();
      await t.session.script(scripts());
      const small = t.start({ ...request, max_cost: 0.0008 }, { prices });
      equal((await failure(small.result())).code, "budget_exceeded");
    },
  },
];
