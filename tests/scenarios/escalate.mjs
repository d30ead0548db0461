// Tests `escalate`: a second panel answers only if the first panel disagrees.

import { analysis, failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, lacks, ok } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, defaultScripts, question, SOON, WRITER } from "./fixtures.mjs";
import { complete, eventsOf, oneEvent } from "./run-helpers.mjs";

const GAMMA = "panel/gamma-1b";
const DELTA = "panel/delta-2b";
const agreement = says(
  JSON.stringify({
    consensus: [{ point: "All agree.", responses: ["A", "B"], quotes: [] }],
    contradictions: [],
    partial_coverage: [],
    unique_insights: [],
    blind_spots: [],
  }),
);
const first = analysis(["A", "B"]);
const second = analysis(["A", "B", "C", "D"]);
const further = (more) => question({ escalate: { analysis_models: [GAMMA, DELTA] }, ...more });
const scripts = (analyses, more) =>
  defaultScripts({
    [GAMMA]: says("Gamma finds all common ground in teal."),
    [DELTA]: says("Delta finds all common ground in navy."),
    [ANALYST]: { sequence: analyses },
    ...more,
  });
const models = async (t) => (await t.session.calls()).map(({ model }) => model);
const stances = (result) => result.analysis.contradictions[0]?.stances.length ?? 0;
const stalls = says("Half of it.", { stall: { after: 1 } });
const WHOLE = [ALPHA, BETA, ANALYST, GAMMA, DELTA, ANALYST, WRITER];

/**
 * Reads a run. Calls `act(event, events)` at each event. After `act` has returned `true`, does not
 * call it again.
 */
async function actOnce(run, act) {
  let done = false;
  const events = [];
  for await (const event of run) {
    events.push(event);
    done ||= act(event, events) === true;
  }
  ok(done, "the command applied");
  return { events, result: await run.result() };
}

const WRONG = [
  [{ analysis_models: [] }, "`escalate.analysis_models` must be an array of 1 to 7 models, got 0"],
  [{}, "`escalate.analysis_models` is missing; it lists the models"],
  [{ analysis_models: [{}] }, "`escalate.analysis_models[0].model` is missing"],
  [{ analysis_models: ["x", 5] }, "`escalate.analysis_models[1]` must be a model's name"],
  [
    { analysis_models: [{ model: "x", provider: "nope" }] },
    "`escalate.analysis_models[0].provider` is `nope`, which is neither built in nor",
  ],
  [
    { analysis_models: Array(7).fill("x") },
    "`escalate.analysis_models` has 7 models and the panel has 2; together they must be at most 8",
  ],
  [
    { analysis_models: ["x"], min_contradictions: 0 },
    "`escalate.min_contradictions` must be an integer from 1 to",
  ],
  [{ analysis_models: ["x"], min: 1 }, "`escalate.min` is unknown"],
  ["x", "`escalate` must be an object with `analysis_models`"],
];

export default [
  {
    name: "a preset of the caller may have `escalate`",
    async run(t) {
      await t.session.script(scripts([first, second]));
      const { analysis_models, analyst, writer, ...others } = question();
      const mine = { analysis_models, analyst, writer, escalate: { analysis_models: [GAMMA] } };
      const start = (preset) =>
        t.start({ ...others, preset: "mine" }, { presets: { mine: preset } });
      const { result } = await complete(start(mine));
      equal([result.responses.length, result.escalation.escalated], [3, true]);
      for (const [escalate, message] of [
        [{}, "`presets.mine.escalate.analysis_models` is missing"],
        [
          { analysis_models: Array(7).fill(GAMMA) },
          "`presets.mine.escalate.analysis_models` has 7 models and the panel has 2",
        ],
      ]) {
        includes((await failure(start({ ...mine, escalate }).result())).message, message);
      }
    },
  },
  {
    name: "a panel that disagrees is joined, and everything is compared again",
    async run(t) {
      await t.session.script(scripts([first, second]));
      const { events, result } = await complete(t.start(further()));
      equal(new Set(await models(t)), new Set(WHOLE));
      equal((await models(t)).length, WHOLE.length);
      equal([result.responses.length, stances(result)], [4, 4]);
      equal(result.escalation, { escalated: true, reason: "contradictions" });
      const escalated = oneEvent(events, "panel.escalated");
      equal(
        escalated.panel.map(({ index, model }) => [index, model]),
        [
          [2, GAMMA],
          [3, DELTA],
        ],
      );
      equal([escalated.reason, escalated.contradictions], ["contradictions", 1]);
      equal(events[0].further, escalated.panel);
      const rounds = eventsOf(events, "analysis.completed").map(({ round }) => round);
      equal(rounds, [1, 2]);
      const analysts = result.activity.filter(({ stage }) => stage === "analysis");
      equal(
        analysts.map(({ round, attempt }) => [round, attempt]),
        [
          [1, 1],
          [2, 2],
        ],
      );
      const calls = (await t.session.calls()).filter(({ model }) => model === ANALYST);
      const prompts = calls.map(({ body }) => JSON.stringify(body.messages));
      includes(prompts[0], "2 independent answers");
      includes(prompts[1], "4 independent answers");
      lacks(prompts[1], "experts answered", "nobody is missing");
    },
  },
  {
    name: "a panel that agrees skips the further panelists, not the analyst or the writer",
    async run(t) {
      await t.session.script(scripts([agreement]));
      const { events, result } = await complete(t.start(further()));
      equal((await models(t)).toSorted(), [ALPHA, BETA, ANALYST, WRITER].toSorted());
      equal(result.escalation, { escalated: false, reason: "agreement" });
      const settled = oneEvent(events, "panel.settled");
      equal([settled.reason, settled.contradictions], ["agreement", 0]);
      const writer = (await t.session.calls()).find(({ model }) => model === WRITER);
      lacks(JSON.stringify(writer.body), "experts answered", "nobody is missing");
    },
  },
  {
    name: "a run without escalate has no rounds, and its snapshot has version 1",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      const { events, result } = await complete(run);
      ok(events.every(({ round }) => round === undefined));
      equal([result.escalation, run.snapshot().version], [undefined, 1]);
    },
  },
  {
    name: "shouldEscalate decides in place of the contradictions",
    async run(t) {
      for (const [answer, reason] of [
        [true, "asked"],
        [false, "not_asked"],
      ]) {
        await t.session.script(scripts([answer ? agreement : first, second]));
        const seen = [];
        const shouldEscalate = async (...args) => {
          seen.push(args);
          return answer;
        };
        const { result } = await complete(t.start(further(), { shouldEscalate }));
        equal(result.escalation, { escalated: answer, reason });
        equal(seen.length, 1);
        const [[compared, responses]] = seen;
        equal(Object.keys(compared), Object.keys(result.analysis));
        equal(responses, result.responses.slice(0, 2));
        await t.session.reset();
      }
    },
  },
  {
    name: "a shouldEscalate that fails leaves the decision to the contradictions, with a warning",
    async run(t) {
      const broken = [
        [() => Promise.reject(new Error("no idea")), "no idea"],
        [() => "yes", "it must return true or false"],
      ];
      for (const [shouldEscalate, why] of broken) {
        await t.session.script(scripts([first, second]));
        const { events, result } = await complete(t.start(further(), { shouldEscalate }));
        equal(result.escalation.reason, "contradictions");
        const warning = oneEvent(events, "warning");
        equal(warning.code, "should_escalate_failed");
        includes(warning.message, why);
        await t.session.reset();
      }
      const error = await failure(t.start(further(), { shouldEscalate: true }).result());
      equal(
        [error.code, error.message],
        ["invalid_request", "`shouldEscalate` must be a function"],
      );
    },
  },
  {
    name: "proceed() answers in place of a pending shouldEscalate",
    async run(t) {
      await t.session.script(scripts([first]));
      const run = t.start(further(), {
        shouldEscalate: () => {
          setTimeout(run.proceed);
          return new Promise(() => {});
        },
      });
      const { result } = await complete(run);
      equal(result.escalation, { escalated: false, reason: "not_asked" });
      equal(stances(result), 2);
    },
  },
  {
    name: "proceed() during the second round keeps the first analysis and every answer",
    async run(t) {
      await t.session.script(scripts([first], { [DELTA]: stalls }));
      const run = t.start(further());
      const { result } = await actOnce(run, (_, events) => {
        const answered = eventsOf(events, "panelist.completed", 2).length > 0;
        const begun = eventsOf(events, "panelist.delta", 3).length > 0;
        return answered && begun && run.proceed();
      });
      equal([result.responses.length, stances(result)], [3, 2]);
      equal(
        result.failed_models.map(({ index, code }) => [index, code]),
        [[3, "cancelled"]],
      );
      const writer = (await t.session.calls()).find(({ model }) => model === WRITER);
      includes(JSON.stringify(writer.body), "nobody has compared the others");
    },
  },
  {
    name: "proceed() during the second analysis keeps the first one",
    async run(t) {
      const pending = says("{", { stall: { after: 1 } });
      await t.session.script(scripts([first, pending]));
      const run = t.start(further());
      const { events, result } = await actOnce(
        run,
        ({ type, round }) => type === "analysis.started" && round === 2 && run.proceed(),
      );
      equal([result.responses.length, stances(result)], [4, 2]);
      const failed = oneEvent(events, "analysis.failed");
      equal([failed.round, failed.error.code], [2, "cancelled"]);
    },
  },
  {
    name: "the first analysis stands if every further panelist fails",
    async run(t) {
      await t.session.script(scripts([first], { [GAMMA]: failures[500], [DELTA]: failures[402] }));
      const { result } = await complete(t.start(further()));
      equal([result.responses.length, stances(result)], [2, 2]);
      equal(
        result.failed_models.map(({ index }) => index),
        [2, 3],
      );
      equal(result.escalation.escalated, true);
    },
  },
  {
    name: "retryPanelist() restarts a panelist of the first round while the second one is open",
    async run(t) {
      const beta = says("Beta finds all common ground in azure.");
      const slow = says("Gamma finds all common ground in teal.", { delay: { first_ms: 300 } });
      const twice = { sequence: [failures[500], beta] };
      await t.session.script(scripts([analysis(["A"]), second], { [BETA]: twice, [GAMMA]: slow }));
      const run = t.start(further());
      let done = false;
      const attempts = [];
      for await (const { type, index, attempt } of run) {
        if (type === "panelist.started" && index === 1) attempts.push(attempt);
        if (type === "panelist.started" && index === 2) done = run.retryPanelist(1);
      }
      const result = await run.result();
      equal([done, attempts], [true, [1, 2]]);
      equal([result.responses.length, result.failed_models, stances(result)], [4, [], 4]);
    },
  },
  {
    name: "each checkpoint resumes without a repeated call",
    async run(t) {
      await t.session.script(scripts([first, second]));
      const checkpoints = [];
      const onSnapshot = (snapshot) => checkpoints.push(JSON.parse(JSON.stringify(snapshot)));
      const whole = await t.start(further(), { onSnapshot }).result();
      ok(checkpoints.length >= 5, `${checkpoints.length} checkpoints`);
      for (const snapshot of checkpoints) {
        equal(snapshot.version, 2);
        await t.session.reset();
        await t.session.script(scripts(snapshot.analysis === null ? [first, second] : [second]));
        const { events, result } = await complete(t.start({ resume: snapshot }));
        const round = snapshot.escalation?.analysis_round ?? (snapshot.analysis ? 1 : 0);
        const finished = snapshot.responses.length + round + (snapshot.answer ? 1 : 0);
        equal((await models(t)).length, WHOLE.length - finished);
        equal(
          [result.analysis, result.responses.length, result.escalation],
          [whole.analysis, 4, whole.escalation],
        );
        const restored = eventsOf(events, "panel.escalated")[0].restored;
        equal(restored, snapshot.escalation ? true : undefined);
      }
    },
  },
  {
    name: "timeouts.run_ms is for both rounds, and the run resumes in the second one",
    async run(t) {
      await t.session.script(scripts([first], { [GAMMA]: stalls, [DELTA]: stalls }));
      const error = await failure(t.start(further({ timeouts: { run_ms: SOON } })).result());
      equal([error.code, error.snapshot.escalation.reason], ["timeout", "contradictions"]);
      await t.session.reset();
      await t.session.script(scripts([second]));
      const result = await t.start({ resume: error.snapshot, timeouts: {} }).result();
      equal((await models(t)).toSorted(), [GAMMA, DELTA, ANALYST, WRITER].toSorted());
      equal([result.responses.length, stances(result)], [4, 4]);
    },
  },
  {
    name: "an empty budget in the second round keeps the first analysis",
    async run(t) {
      const free = { prompt: "0", completion: "0" };
      const dear = { prompt: "1", completion: "1" };
      const prices = Object.fromEntries(
        [ALPHA, BETA, ANALYST, WRITER].map((model) => [model, free]),
      );
      await t.session.script(scripts([first]));
      const options = { prices: { ...prices, [GAMMA]: dear, [DELTA]: dear } };
      const { result } = await complete(t.start(further({ max_cost: 0.5 }), options));
      equal([result.responses.length, stances(result)], [2, 2]);
      equal(
        result.failed_models.map(({ code }) => code),
        ["budget_exceeded", "budget_exceeded"],
      );
      const unpriced = { prices: { ...prices, [GAMMA]: free } };
      const error = await failure(t.start(further({ max_cost: 0.5 }), unpriced).result());
      includes(error.message, `\`${DELTA}\` has none`);
    },
  },
  {
    name: "estimate() has both branches, and its range contains both",
    async run(t) {
      const price = { prompt: "0.001", completion: "0.001" };
      const prices = Object.fromEntries(WHOLE.map((model) => [model, price]));
      const options = { baseURL: t.session.baseURL, apiKey: "k", prices };
      const { branches, ...whole } = await t.estimate(further(), options);
      const { settled, escalated } = branches;
      const plain = await t.estimate(question(), options);
      for (const name of ["low", "expected", "high", "by_stage"])
        equal(settled[name], plain[name], name);
      equal(
        [whole.low, whole.expected, whole.high],
        [settled.low, escalated.expected, escalated.high],
      );
      for (const name of ["low", "expected", "high"]) ok(settled[name] < escalated[name], name);
      equal(plain.branches, undefined);
      equal(whole.by_stage.panel.high, settled.by_stage.panel.high * 2);
      for (const analyses of [[agreement], [first, second]]) {
        await t.session.reset();
        const usage = { prompt_tokens: 400, completion_tokens: 300 };
        const used = Object.entries(scripts([])).map(([model, script]) => [
          model,
          model === ANALYST
            ? { sequence: analyses.map((one) => ({ ...one, usage })) }
            : { ...script, usage },
        ]);
        await t.session.script(Object.fromEntries(used));
        const run = await t.start(further(), { prices }).result();
        const { cost } = run.usage;
        ok(whole.low * 0.5 < cost && cost < whole.high, `${whole.low} ${cost} ${whole.high}`);
      }
    },
  },
  {
    name: "a wrong escalate is refused by name",
    async run(t) {
      for (const [escalate, message] of WRONG) {
        const error = await failure(t.start(question({ escalate })).result());
        equal(error.code, "invalid_request", message);
        ok(error.message.startsWith(message), `${error.message} is not ${message}`);
      }
      const alone = question({ escalate: { analysis_models: ["x"] }, convene: false });
      const error = await failure(t.start(alone).result());
      includes(error.message, "`escalate` needs a panel that is compared");
      const misplaced = { ...question(), shouldEscalate: () => true };
      const other = await failure(t.start(misplaced).result());
      includes(other.message, "`shouldEscalate` belongs in the options");
    },
  },
  {
    name: "a reader of a stream has the same state and snapshot as the run",
    async run(t) {
      await t.session.script(scripts([first, second]));
      const run = t.start(further());
      const remote = t.fromResponse(run.toResponse());
      const { result } = await complete(remote);
      equal(result.escalation, { escalated: true, reason: "contradictions" });
      const [here, there] = [run.snapshot(), remote.snapshot()];
      for (const name of ["version", "escalation", "analysis", "analysis_sources", "responses"])
        equal(there[name], here[name], name);
    },
  },
];
