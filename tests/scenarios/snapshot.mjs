import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, ok } from "./assert.mjs";
import { ALPHA, BETA, defaultScripts, question, stalled, WRITER } from "./fixtures.mjs";

export default [
  {
    name: "snapshot() works before, during and after a run",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      const before = run.snapshot();
      equal(
        [before.version, before.status, before.responses, before.answer, before.analysis],
        [1, "waiting", [], null, null],
      );
      equal(before.request.prompt, "Is the sky blue?");
      const seen = new Set();
      for await (const event of run) {
        const { status, responses, seed } = run.snapshot();
        seen.add(status);
        if (event.type === "analysis.started") equal([responses.length, seed], [2, 7]);
      }
      ok(seen.has("running"));
      const after = run.snapshot();
      const result = await run.result();
      equal([after.status, after.run_id, after.seed], ["completed", result.run_id, 7]);
      equal(
        [after.responses, after.analysis, after.failed_models],
        [result.responses, result.analysis, []],
      );
      equal(
        [after.answer.model, after.answer.content, after.answer.finish_reason],
        [WRITER, "Yes, it is blue.", "stop"],
      );
      equal(after.activity.length, 4);
      equal(after.partial, []);
    },
  },
  {
    name: "a snapshot is plain JSON and a copy",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      await run.result();
      const snapshot = run.snapshot();
      equal(JSON.parse(JSON.stringify(snapshot)), structuredClone(snapshot));
      snapshot.responses.length = 0;
      equal(run.snapshot().responses.length, 2);
    },
  },
  {
    name: "the text of a panelist that was cut is kept",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [BETA]: says("Beta was cut off here", { cut: { after: 3, wait_ms: 300 } }),
        }),
      );
      const run = t.start(question());
      const { failed_models } = await run.result();
      equal([failed_models.length, failed_models[0].index], [1, 1]);
      const [partial] = run.snapshot().partial;
      equal([partial.stage, partial.index, partial.model], ["panel", 1, BETA]);
      ok(partial.content.startsWith("Beta was"), partial.content);
    },
  },
  {
    name: "a cancelled run's snapshot has the panelists' text so far",
    async run(t) {
      await t.session.script(defaultScripts({ ...stalled, [BETA]: defaultScripts()[BETA] }));
      const run = t.start(question());
      for await (const event of run) {
        if (event.type === "panelist.completed") break;
      }
      await failure(run.result());
      const { status, responses } = run.snapshot();
      equal([status, responses.map(({ index }) => index)], ["failed", [1]]);
    },
  },
  {
    name: "a failed run has a snapshot",
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: failures[401], [BETA]: failures[401] }));
      const run = t.start(question());
      const error = await failure(run.result());
      equal(run.snapshot(), error.snapshot);
      equal(
        [
          error.snapshot.status,
          error.snapshot.failed_models.length,
          error.snapshot.activity.length,
        ],
        ["failed", 2, 2],
      );
    },
  },
  {
    name: "a refused request has a snapshot",
    async run(t) {
      const error = await failure(t.start({ promt: "typo" }).result());
      equal(
        [error.code, error.snapshot.version, error.snapshot.status, error.snapshot.responses],
        ["invalid_request", 1, "failed", []],
      );
    },
  },
];
