import { noneOpen } from "../provider/client.mjs";
import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, WRITER, cast, question, stalled } from "./cast.mjs";
import version1 from "./version1.mjs";

const models = async (t) => (await t.room.calls()).map(({ model }) => model);
const again = (t, resume, more, options) => t.start({ resume, ...more }, options);

/** A run that was cancelled with one answer in; its snapshot has been through JSON. */
async function afterAlpha(t) {
  await t.room.script(cast({ [BETA]: stalled[BETA] }));
  const run = t.start(question());
  for await (const { type } of run) {
    if (type !== "panelist.completed") continue;
    // The other call must have come, and be over, before the room begins anew.
    await t.room.until((calls) => calls.length === 2);
    break;
  }
  const snapshot = JSON.parse(JSON.stringify(run.snapshot()));
  await t.room.until(noneOpen);
  await t.room.reset();
  await t.room.script(cast());
  return snapshot;
}

async function finished(t) {
  await t.room.script(cast());
  const run = t.start(question());
  await run.result();
  await t.room.reset();
  await t.room.script(cast({ "desk/other": says("Other words.") }));
  return run.snapshot();
}

export default [
  {
    name: "a snapshot that another runtime and an earlier build made",
    async run(t) {
      await t.room.script(cast());
      const run = again(t, version1);
      const result = await run.result();
      equal(await models(t), [BETA, ANALYST, WRITER]);
      equal([result.run_id, result.responses.map(({ content }) => content)], [version1.run_id, ["Alpha finds common ground in blue.", "Beta finds common ground in azure."]]);
      equal([result.sources, result.usage.cost_so_far], [[{ url: "https://example.com/blue", title: "Blue" }], 0.000123]);
      equal(result.activity.map(({ status }) => status), ["completed", "cancelled", "completed", "completed", "completed"]);
    },
  },
  {
    name: "goes on where it stopped, under the same run id, and repeats no finished call",
    async run(t) {
      const snapshot = await afterAlpha(t);
      const run = again(t, snapshot);
      equal(run.snapshot(), snapshot, "before it begins it is what it was");
      const completed = [];
      let started;
      for await (const event of run) {
        if (event.type === "run.started") started = event;
        if (event.type === "panelist.completed") completed.push([event.index, event.restored]);
      }
      const result = await run.result();
      equal(completed, [[0, true], [1, undefined]]);
      equal([started.run_id, started.seed, result.run_id], [snapshot.run_id, 7, snapshot.run_id]);
      equal(await models(t), [BETA, ANALYST, WRITER]);
      equal([result.responses.length, result.answer, result.analysis.consensus.length], [2, "Yes, it is blue.", 1]);
      ok(result.activity.length === 5, "the call that was cut is on the bill");
      equal(result.activity.filter(({ status }) => status === "cancelled").map(({ model }) => model), [BETA]);
    },
  },
  {
    name: "an error's snapshot resumes",
    async run(t) {
      await t.room.script(cast({ [WRITER]: failures[402] }));
      const error = await failure(t.start(question()).result());
      equal(error.code, "writer_failed");
      await t.room.reset();
      await t.room.script(cast());
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
      equal(types.filter((type) => type !== "usage"), ["run.started", "panelist.completed", "panelist.completed", "analysis.completed", "answer.completed", "run.completed"]);
    },
  },
  {
    name: "another writer, another analyst, a further panelist, one panelist again",
    async run(t) {
      const snapshot = await finished(t);
      const asks = async (resume, more) => {
        const result = await again(t, resume, more).result();
        const asked = await models(t);
        await t.room.reset();
        await t.room.script(cast({ "desk/other": says("Other words.") }));
        return [asked, result];
      };
      let [asked, result] = await asks(snapshot, { writer: "desk/other" });
      equal([asked, result.answer], [["desk/other"], "Other words."]);
      [asked] = await asks(snapshot, { analyst: { model: ANALYST, max_completion_tokens: 99 } });
      equal(asked, [ANALYST, WRITER]);
      [asked, result] = await asks(snapshot, { analysis_models: [ALPHA, BETA, "desk/other"] });
      equal([asked, result.responses.map(({ content }) => content)], [
        ["desk/other", ANALYST, WRITER],
        ["Alpha finds common ground in blue.", "Beta finds common ground in azure.", "Other words."],
      ]);
      [asked] = await asks({ snapshot, rerun: [1] });
      equal(asked, [BETA, ANALYST, WRITER]);
    },
  },
  {
    name: "what cannot be resumed is refused, and nothing is sent",
    async run(t) {
      const snapshot = await finished(t);
      const refused = [
        [{ resume: { ...snapshot, version: 2 } }, "invalid_snapshot", "`resume.version` is 2"],
        [{ resume: { ...snapshot, responses: undefined } }, "invalid_snapshot", "`resume.responses` is missing"],
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
    name: "a preset's panel is written down, so that it is the same later",
    async run(t) {
      await t.room.script({ ...cast(), "*": cast()[ALPHA] });
      const hosted = (url, init) => fetch(url.replace("https://openrouter.ai/api/v1", t.room.baseURL), init);
      const run = t.start({ prompt: "Is the sky blue?", preset: "general-budget", max_retries: 0 }, { baseURL: undefined, fetch: hosted });
      for await (const event of run) if (event.type === "analysis.started") break;
      const { request, responses } = run.snapshot();
      equal([request.analysis_models.length, responses.length, request.preset], [3, 3, "general-budget"]);
      equal(request.analysis_models, responses.map(({ model }) => model));
      ok(typeof request.model === "string");
    },
  },
];
