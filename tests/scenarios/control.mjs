import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, includes, ok, throws, within } from "./assert.mjs";
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
import { complete } from "./run-helpers.mjs";

const GAMMA = "panel/gamma-1b";
const three = (more) => question({ analysis_models: [ALPHA, BETA, GAMMA], ...more });
const stalls = says("Half of it.", { stall: { after: 1 } });

async function watch(run, on) {
  const types = [];
  for await (const event of run) {
    types.push(event.type);
    await on(event);
  }
  return { types, result: await run.result() };
}

export default [
  {
    name: "cancelPanelist closes the panelist's call and the run continues",
    async run(t) {
      await t.session.script(defaultScripts({ [BETA]: stalls }));
      const run = t.start(question());
      equal(
        [run.cancelPanelist(1), run.retryPanelist(1), run.proceed()],
        [false, false, false],
        "not started",
      );
      const { result } = await watch(run, (event) => {
        if (event.type === "panelist.delta" && event.index === 1)
          equal([run.cancelPanelist(1), run.cancelPanelist(1)], [true, false]);
      });
      equal(
        result.failed_models.map(({ index, code }) => [index, code]),
        [[1, "cancelled"]],
      );
      includes(result.failed_models[0].error, "cancelPanelist");
      const calls = await t.session.until((calls) =>
        callsTo(calls, BETA).every(({ end }) => end !== "open"),
      );
      equal(
        callsTo(calls, BETA).map(({ end }) => end),
        ["client_closed"],
      );
      equal(
        run.snapshot().partial.map(({ index }) => index),
        [1],
      );
      equal(
        [run.cancelPanelist(0), run.retryPanelist(0), run.proceed()],
        [false, false, false],
        "over",
      );
    },
  },
  {
    name: "proceed continues with the answers so far",
    async run(t) {
      await t.session.script(defaultScripts({ [BETA]: stalls, [GAMMA]: stalls }));
      const run = t.start(three());
      const { result } = await watch(run, (event) => {
        if (event.type === "panelist.completed") equal(run.proceed(), true);
      });
      equal(
        [result.responses.map(({ index }) => index), result.failed_models.map(({ code }) => code)],
        [[0], ["cancelled", "cancelled"]],
      );
      equal(result.answer, "Yes, it is blue.");
      ok(
        (await t.session.until((calls) => calls.every(({ end }) => end !== "open"))).every(
          ({ end }) => end !== "open",
        ),
      );
    },
  },
  {
    name: "proceed without an answer has no effect, and during the analysis it skips the analysis",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [BETA]: says("Beta finds all common ground in azure.", { delay: { first_ms: 50 } }),
          [ANALYST]: stalls,
        }),
      );
      const run = t.start(question());
      const { result, types } = await watch(run, async (event) => {
        if (event.type === "run.started") equal(run.proceed(), false);
        if (event.type === "analysis.started") {
          await t.session.until((calls) => callsTo(calls, ANALYST).length === 1);
          equal(run.proceed(), true);
        }
      });
      equal(
        [result.responses.length, "analysis" in result, result.answer],
        [2, false, "Yes, it is blue."],
      );
      ok(types.includes("analysis.failed"), `${types}`);
    },
  },
  {
    name: "retryPanelist restarts a failed panelist while another one runs",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: { sequence: [failures[400], defaultScripts()[ALPHA]] },
          [BETA]: stalls,
        }),
      );
      const run = t.start(question());
      const starts = [];
      const { result } = await watch(run, (event) => {
        if (event.type === "panelist.started" && event.index === 0) starts.push(event.attempt);
        if (event.type === "panelist.failed" && event.index === 0)
          equal(run.retryPanelist(0), true);
        if (event.type === "panelist.completed") {
          equal(run.retryPanelist(0), false, "a finished panelist");
          run.cancelPanelist(1);
        }
      });
      equal(
        [
          starts,
          result.responses.map(({ index }) => index),
          result.failed_models.map(({ index }) => index),
        ],
        [[1, 2], [0], [1]],
      );
    },
  },
  {
    name: "retryPanelist restarts a running panelist and discards its text",
    async run(t) {
      await t.session.script(
        defaultScripts({ [BETA]: { sequence: [stalls, defaultScripts()[BETA]] } }),
      );
      const run = t.start(question());
      let asked = false;
      const { result, types } = await watch(run, (event) => {
        if (event.type === "panelist.delta" && event.index === 1 && !asked)
          asked = run.retryPanelist(1);
      });
      equal(
        [asked, result.responses.length, result.responses[1].content],
        [true, 2, "Beta finds all common ground in azure."],
      );
      ok(types.includes("panelist.retrying"));
      equal(
        callsTo(await t.session.calls(), BETA).map(({ end }) => end),
        ["client_closed", "completed"],
      );
    },
  },
  {
    name: "an invalid index is refused by name, of a run here and of a remote run",
    async run(t) {
      const runs = [t.start(question()), t.fromResponse(new Response(""))];
      const wrong = [
        [undefined, "undefined"],
        [null, "null"],
        [-1, "-1"],
        [1.5, "1.5"],
        [NaN, "NaN"],
        [Infinity, "Infinity"],
        ["0", '"0"'],
        [{}, "[object Object]"],
        [[1.5], "1.5"],
        [Symbol("0"), "Symbol(0)"],
        [0n, "0"],
      ];
      for (const run of runs) {
        for (const method of ["cancelPanelist", "retryPanelist"]) {
          for (const [index, shown] of wrong) {
            equal(
              throws(() => run[method](index), TypeError).message,
              `the \`index\` of \`${method}()\` must be an integer from 0, got ${shown}`,
            );
          }
        }
        run.cancel();
      }
    },
  },
  {
    name: "an index beyond the panel has no effect",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const run = t.start(question());
      const asked = [];
      const { types } = await watch(run, (event) => {
        if (event.type !== "panelist.delta") return;
        for (const index of [2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])
          asked.push(run.cancelPanelist(index), run.retryPanelist(index));
        run.cancel();
      }).catch(() => ({ types: ["cancelled"] }));
      ok(asked.length >= 8 && asked.every((done) => done === false), `${types}: ${asked}`);
    },
  },
  {
    name: "a reader that starts in the last onSnapshot gets all events, and result() resolves",
    async run(t) {
      await t.session.script(defaultScripts());
      const read = [];
      const run = t.start(question(), {
        onSnapshot: ({ status }) =>
          void (status === "completed" && read.push(events.next(), run.cancel())),
      });
      const events = run[Symbol.asyncIterator]();
      equal((await within(60_000, run.result(), "result()")).answer, "Yes, it is blue.");
      equal(read.length, 2);
      const { value } = await read[0];
      equal(value.seq, 1);
    },
  },
  {
    name: "a refused resume keeps the snapshot's data and calls no onSnapshot",
    async run(t) {
      await t.session.script(defaultScripts({ [WRITER]: { status: 400, body: "no" } }));
      const { snapshot } = await failure(t.start(question()).result());
      equal(snapshot.responses.length, 2);
      for (const wrong of [
        { writter: "typo" },
        { prompt: "Another question" },
        { rerun: 9 },
        { writer: { model: "x", provider: "none" } },
      ]) {
        const seen = [];
        const run = t.start(
          { resume: snapshot, ...wrong },
          { onSnapshot: (snapshot) => void seen.push(snapshot) },
        );
        const error = await failure(run.result());
        equal(
          [
            error.snapshot.responses.length,
            error.snapshot.run_id,
            run.snapshot().responses.length,
            seen,
          ],
          [2, snapshot.run_id, 2, []],
          error.message,
        );
      }
    },
  },
  {
    name: "onSnapshot is called after each panelist and stage, and at the end",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [BETA]: says("Beta finds all common ground in azure.", { hold: true }),
        }),
      );
      const seen = [];
      const run = t.start(question(), {
        async onSnapshot(snapshot) {
          seen.push(snapshot);
          if (seen.length > 1) return;
          await t.session.until((calls) => callsTo(calls, BETA).length === 1);
          await t.session.release();
        },
      });
      const result = await run.result();
      const reached = (test) => seen.some(test);
      ok(
        reached(({ responses, answer }) => responses.length === 1 && !answer),
        "after the first panelist",
      );
      ok(
        reached(({ responses, analysis }) => responses.length === 2 && !analysis),
        "after the second",
      );
      ok(
        reached(({ analysis, answer }) => analysis && !answer),
        "after the analysis",
      );
      equal([seen.at(-1).status, seen.at(-1).answer.content], ["completed", result.answer]);
      equal(seen.at(-1), run.snapshot());
    },
  },
  {
    name: "the last answer is in a snapshot before the analyst is asked",
    async run(t) {
      for (const analysis_models of [[ALPHA], [ALPHA, BETA]]) {
        await t.session.script(defaultScripts());
        const order = [];
        const proceeded = [];
        const run = t.start(question({ analysis_models, analyst: ANALYST }), {
          fetch(url, init) {
            order.push(JSON.parse(init.body).model);
            return fetch(url, init);
          },
          onSnapshot({ responses, analysis }) {
            if (responses.length < analysis_models.length || analysis) return;
            order.push("snapshot");
            proceeded.push(run.proceed());
          },
        });
        ok((await run.result()).analysis, "`proceed()` between panel and analyst stops nothing");
        equal(order, [...analysis_models, "snapshot", ANALYST, WRITER]);
        equal(proceeded, [false]);
      }
    },
  },
  {
    name: "anything that onSnapshot throws is a warning, and other runs go on",
    async run(t) {
      const noText = {
        toString() {
          throw new Error("no text");
        },
      };
      for (const thrown of [
        Symbol("s"),
        Object.create(null),
        { message: Symbol("m") },
        noText,
        {
          get message() {
            throw 1;
          },
        },
        undefined,
      ]) {
        for (const onSnapshot of [
          () => {
            throw thrown;
          },
          () => Promise.reject(thrown),
        ]) {
          await t.session.script(defaultScripts());
          const [failing, other] = [t.start(question(), { onSnapshot }), t.start(question())];
          const events = [];
          for await (const event of failing) events.push(event);
          equal([events.at(-1).type, (await other.result()).status], ["run.completed", "ok"]);
          ok(events.some(({ type, code }) => type === "warning" && code === "on_snapshot_failed"));
        }
      }
    },
  },
  {
    name: "if onSnapshot fails, the run continues with a warning",
    async run(t) {
      await t.session.script(defaultScripts());
      for (const onSnapshot of [
        () => {
          throw new Error("disk full");
        },
        async () => {
          throw new Error("disk full");
        },
      ]) {
        const run = t.start(question(), { onSnapshot });
        const warnings = [];
        const { types } = await watch(
          run,
          (event) => event.type === "warning" && warnings.push(event),
        );
        equal([types.at(-1), warnings[0]?.code], ["run.completed", "on_snapshot_failed"]);
        includes(warnings[0].message, "disk full");
      }
      const apiKey = "sk-secret-of-the-run";
      const onSnapshot = () => {
        throw new Error(`${apiKey} is refused. ${"x".repeat(5000)}`);
      };
      const { events } = await complete(t.start(question(), { onSnapshot, apiKey }));
      const { message } = events.find(({ code }) => code === "on_snapshot_failed");
      ok(!message.includes(apiKey) && message.includes("[key]"), message);
      ok(message.length < 600, `${message.length} characters`);
      const error = await t
        .start(question(), { onSnapshot: "file" })
        .result()
        .catch((error) => error);
      equal(error.code, "invalid_request");
    },
  },
];
