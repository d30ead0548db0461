import { noneOpen } from "../provider/client.mjs";
import { calls, failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "./assert.mjs";
import { DIALECTS, own, providers } from "./dialects.mjs";
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
import snapshotV1 from "./snapshot-v1.mjs";

const models = async (t) => (await t.session.calls()).map(({ model }) => model);
const again = (t, resume, more, options) => t.start({ resume, ...more }, options);

/** Cancels a run after Alpha's answer. Returns its snapshot, parsed from JSON. */
async function afterAlpha(t) {
  await t.session.script(defaultScripts({ [BETA]: stalled[BETA] }));
  const run = t.start(question());
  for await (const { type } of run) {
    if (type !== "panelist.completed") continue;
    // Wait until Beta's call has arrived, because a call that arrives after `reset()` would count
    // in the next session.
    await t.session.until((calls) => calls.length === 2);
    break;
  }
  const snapshot = JSON.parse(JSON.stringify(run.snapshot()));
  await t.session.until(noneOpen);
  await t.session.reset();
  await t.session.script(defaultScripts());
  return snapshot;
}

async function finished(t) {
  await t.session.script(defaultScripts());
  const run = t.start(question());
  await run.result();
  await t.session.reset();
  await t.session.script(defaultScripts({ "desk/other": says("Other words.") }));
  return run.snapshot();
}

export default [
  {
    name: "a snapshot of another runtime and an earlier build resumes",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = again(t, snapshotV1);
      const result = await run.result();
      equal(await models(t), [BETA, ANALYST, WRITER]);
      equal(
        [result.run_id, result.responses.map(({ content }) => content)],
        [
          snapshotV1.run_id,
          ["Alpha finds all common ground in blue.", "Beta finds all common ground in azure."],
        ],
      );
      equal(
        [result.sources, result.usage.cost_so_far],
        [[{ url: "https://example.com/blue", title: "Blue" }], 0.000123],
      );
      equal(
        result.activity.map(({ status }) => status),
        ["completed", "cancelled", "completed", "completed", "completed"],
      );
    },
  },
  {
    name: "resumes with the same run id and repeats no finished call",
    async run(t) {
      const snapshot = await afterAlpha(t);
      const run = again(t, snapshot);
      equal(run.snapshot(), snapshot, "before the start the snapshot is unchanged");
      const completed = [];
      let started;
      for await (const event of run) {
        if (event.type === "run.started") started = event;
        if (event.type === "panelist.completed") completed.push([event.index, event.restored]);
      }
      const result = await run.result();
      equal(completed, [
        [0, true],
        [1, undefined],
      ]);
      equal([started.run_id, started.seed, result.run_id], [snapshot.run_id, 7, snapshot.run_id]);
      equal(await models(t), [BETA, ANALYST, WRITER]);
      equal(
        [result.responses.length, result.answer, result.analysis.consensus.length],
        [2, "Yes, it is blue.", 1],
      );
      ok(result.activity.length === 5, "the activity has the cut call");
      equal(
        result.activity.filter(({ status }) => status === "cancelled").map(({ model }) => model),
        [BETA],
      );
    },
  },
  {
    name: "an error's snapshot resumes",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: failures[402] }));
      const error = await failure(t.start(question()).result());
      equal(error.code, "writer_failed");
      await t.session.reset();
      await t.session.script(defaultScripts());
      const result = await again(t, error.snapshot).result();
      equal([await models(t), result.answer], [[WRITER], "Yes, it is blue."]);
    },
  },
  {
    name: "a finished run comes back without a call",
    async run(t) {
      const snapshot = await finished(t);
      const run = again(t, snapshot);
      const types = [];
      for await (const { type } of run) types.push(type);
      equal(await models(t), []);
      equal(run.snapshot(), snapshot);
      equal(
        types.filter((type) => type !== "usage"),
        [
          "run.started",
          "panelist.completed",
          "panelist.completed",
          "analysis.completed",
          "answer.completed",
          "run.completed",
        ],
      );
    },
  },
  {
    name: "a resume may change writer and analyst, add a panelist and rerun one",
    async run(t) {
      const snapshot = await finished(t);
      const asks = async (resume, more) => {
        const result = await again(t, resume, more).result();
        const asked = await models(t);
        await t.session.reset();
        await t.session.script(defaultScripts({ "desk/other": says("Other words.") }));
        return [asked, result];
      };
      let [asked, result] = await asks(snapshot, { writer: "desk/other" });
      equal([asked, result.answer], [["desk/other"], "Other words."]);
      [asked] = await asks(snapshot, { analyst: { model: ANALYST, max_completion_tokens: 99 } });
      equal(asked, [ANALYST, WRITER]);
      [asked, result] = await asks(snapshot, { analysis_models: [ALPHA, BETA, "desk/other"] });
      equal(
        [asked, result.responses.map(({ content }) => content)],
        [
          ["desk/other", ANALYST, WRITER],
          [
            "Alpha finds all common ground in blue.",
            "Beta finds all common ground in azure.",
            "Other words.",
          ],
        ],
      );
      await t.session.script(defaultScripts({ [BETA]: says("Beta says more.") }));
      [asked] = await asks({ snapshot, rerun: [1] });
      equal(asked, [BETA, ANALYST, WRITER]);
    },
  },
  {
    name: "a role without a model overrides only its own fields, and other objects are replaced",
    async run(t) {
      const snapshot = await finished(t);
      snapshot.request.quorum = { min_responses: 2, grace_ms: 5 };
      snapshot.request.analyst = { model: ANALYST, reasoning: { effort: "low" } };
      const criteria = "Weigh safety.";
      for (const analyst of [{ criteria }, { criteria, model: null }]) {
        await t.session.reset();
        await t.session.script(defaultScripts());
        const run = again(t, snapshot, { analyst, quorum: { min_responses: 1 } });
        await run.result();
        equal(await models(t), [ANALYST, WRITER]);
        const { request } = run.snapshot();
        equal(request.analyst, { model: ANALYST, reasoning: { effort: "low" }, criteria });
        equal(request.quorum, { min_responses: 1 });
      }
      await t.session.reset();
      await t.session.script(defaultScripts());
      const run = again(t, snapshot, { writer: { system: "Be brief." } });
      await run.result();
      equal(await models(t), [WRITER]);
      equal(run.snapshot().request.writer, { model: WRITER, system: "Be brief." });
      const whole = again(t, snapshot, { analyst: { model: "desk/other", criteria } });
      await whole.result();
      equal(whole.snapshot().request.analyst, { model: "desk/other", criteria });
    },
  },
  {
    name: "an invalid resume is refused before any call",
    async run(t) {
      const snapshot = await finished(t);
      const refused = [
        [{ resume: { ...snapshot, version: 3 } }, "invalid_snapshot", "`resume.version` is 3"],
        [
          { resume: { ...snapshot, responses: undefined } },
          "invalid_snapshot",
          "`resume.responses` is missing",
        ],
        [{ resume: "run_1" }, "invalid_snapshot", "`resume` must be an object"],
        [{ resume: snapshot, prompt: "Is grass green?" }, "invalid_request", "`prompt`"],
        [{ resume: { snapshot, rerun: [2] } }, "invalid_request", "`resume.rerun`"],
      ];
      for (const [request, code, words] of refused) {
        const error = await failure(t.start(request).result());
        equal(error.code, code, error.message);
        includes(error.message, words);
      }
      equal(await models(t), []);
    },
  },
  {
    name: "a snapshot has the preset's panel, so a resume uses the same models",
    async run(t) {
      await t.session.script({ ...defaultScripts(), "*": defaultScripts()[ALPHA] });
      const hosted = (url, init) =>
        fetch(url.replace("https://openrouter.ai/api/v1", t.session.baseURL), init);
      const run = t.start(
        { prompt: "Is the sky blue?", preset: "general-budget", max_retries: 0 },
        { baseURL: undefined, fetch: hosted },
      );
      for await (const event of run) if (event.type === "analysis.started") break;
      const { request, responses } = run.snapshot();
      equal(
        [request.analysis_models.length, responses.length, request.preset],
        [3, 3, "general-budget"],
      );
      equal(
        request.analysis_models,
        responses.map(({ model }) => model),
      );
      ok(typeof request.model === "string");
    },
  },
  {
    name: "an answer that ended in tool calls is kept and reported again",
    async run(t) {
      const writer = { model: WRITER, tools: [own("note")] };
      await t.session.script(
        defaultScripts({
          [WRITER]: says("I note it.", { tool_calls: [calls("note", { text: "blue" })] }),
        }),
      );
      const run = t.start(question({ writer }));
      const { tool_calls } = await run.result();
      const snapshot = JSON.parse(JSON.stringify(run.snapshot()));
      equal([tool_calls.length, snapshot.answer.tool_calls], [1, tool_calls]);
      await t.session.reset();
      await t.session.script(defaultScripts());
      const events = [];
      const second = again(t, snapshot);
      for await (const event of second) events.push(event);
      equal(await models(t), []);
      equal(
        events
          .filter(({ type }) => type.startsWith("answer."))
          .map(({ type, name }) => [type, name]),
        [
          ["answer.tool_call", "note"],
          ["answer.completed", undefined],
        ],
      );
      equal([(await second.result()).tool_calls, second.snapshot()], [tool_calls, snapshot]);
      // If the writer gets other tools, the resumed run calls the writer again.
      equal(
        (await again(t, snapshot, { writer: { model: WRITER, tools: [own("other")] } }).result())
          .answer,
        "Yes, it is blue.",
      );
      equal(await models(t), [WRITER]);
    },
  },
  {
    name: "a finished panelist repeats no tool call, and an unfinished one starts again",
    async run(t) {
      const counts = { web_search: 0, slow: 0 };
      const slow = () => new Promise((resolve) => setTimeout(resolve, 60_000));
      const toolHandlers = (stalls) => ({
        web_search: () => ({
          content: "found",
          sources: [{ url: `https://a.example/${++counts.web_search}` }],
        }),
        slow: () => {
          counts.slow += 1;
          return stalls ? slow() : "slow found";
        },
      });
      const rounds = (name, text) => ({
        rounds: [says("", { tool_calls: [calls(name, {})] }), says(text)],
      });
      const scripts = defaultScripts({
        [ALPHA]: rounds("web_search", "Alpha finds all common ground in blue."),
        [BETA]: rounds("slow", "Beta finds all common ground in azure."),
      });
      const request = question({
        analysis_models: [
          { model: ALPHA, provider: "responses" },
          { model: `chat:${BETA}`, tools: [own("slow")] },
        ],
        analyst: { model: ANALYST, tools: [] },
      });
      await t.session.script(scripts);
      const run = t.start(request, { ...providers(t), toolHandlers: toolHandlers(true) });
      const events = run[Symbol.asyncIterator]();
      while ((await events.next()).value.type !== "panelist.completed");
      // Wait until the slow tool has started. Otherwise `events.return()` would cancel the run
      // before the tool starts.
      for (let waited = 0; counts.slow === 0 && waited < 5000; waited += 20)
        await new Promise((wake) => setTimeout(wake, 20));
      await events.return();
      const snapshot = JSON.parse(JSON.stringify(run.snapshot()));
      equal([counts.web_search, counts.slow, snapshot.responses.length], [1, 1, 1]);
      await t.session.reset();
      await t.session.script(scripts);
      const result = await again(
        t,
        snapshot,
        {},
        { ...providers(t), toolHandlers: toolHandlers(false) },
      ).result();
      equal([counts.web_search, counts.slow], [1, 2]);
      equal(await models(t), [BETA, BETA, ANALYST, WRITER]);
      equal(
        result.responses.map(({ content, sources }) => [content, sources.map(({ url }) => url)]),
        [
          ["Alpha finds all common ground in blue.", ["https://a.example/1"]],
          ["Beta finds all common ground in azure.", []],
        ],
      );
    },
  },
  {
    name: "panelists are matched by model and provider",
    async run(t) {
      await t.session.script(defaultScripts());
      const specs = DIALECTS.map((provider) => ({ model: ALPHA, provider }));
      const run = t.start(question({ analysis_models: specs }), providers(t));
      await run.result();
      const snapshot = run.snapshot();
      await t.session.reset();
      await t.session.script(defaultScripts());
      const moved = [specs[2], specs[0], { model: ALPHA, provider: "chat", tools: [] }];
      await again(t, snapshot, { analysis_models: moved }, providers(t)).result();
      equal(
        callsTo(await t.session.calls(), ALPHA).map(({ dialect }) => dialect),
        ["chat"],
      );
      const error = await failure(
        again(t, snapshot, { analysis_models: [...specs, `chat:${ALPHA}`] }).result(),
      );
      equal(error.code, "invalid_request");
      includes(error.message, "`analysis_models[0].provider` is `chat`");
    },
  },
];
