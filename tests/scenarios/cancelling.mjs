// Tests that each way to stop a run closes every connection. The caller must receive the reason
// that it gave, unchanged.

import { noneOpen } from "../provider/client.mjs";
import { says } from "../provider/scripts.mjs";
import { equal, failure, ok, same, sleep, within } from "./assert.mjs";
import { ALPHA, ANALYST, defaultScripts, question, stalled, WRITER } from "./fixtures.mjs";
import { readRun } from "./run-helpers.mjs";

const bothClosed = async (t) => {
  const calls = await t.session.until((calls) => calls.length === 2 && noneOpen(calls));
  equal(
    calls.map(({ end }) => end),
    ["client_closed", "client_closed"],
  );
};

export default [
  {
    name: "cancel(reason) fails with the reason as cause",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const run = t.start(question());
      const reason = { why: "bored" };
      const reading = readRun(run);
      await t.session.until((calls) => calls.length === 2);
      run.cancel(reason);
      const { events, error } = await within(2000, reading, "the reader");
      equal(
        [error instanceof t.FusionError, error.code, events.at(-1).type, events.at(-1).error.code],
        [true, "cancelled", "run.failed", "cancelled"],
      );
      same(error.cause, reason);
      same(await failure(run.result()), error);
      await bothClosed(t);
    },
  },
  {
    name: "cancel() keeps finished answers",
    async run(t) {
      await t.session.script(
        defaultScripts({ [WRITER]: says("Half an answer", { stall: { after: 2 } }) }),
      );
      const run = t.start(question());
      const result = failure(run.result());
      await t.session.until((calls) => calls.length === 4 && calls[3].sent_events === 2);
      await sleep(200);
      run.cancel();
      const { snapshot } = await within(2000, result, "result()");
      equal(snapshot.responses.length, 2);
      equal(snapshot.analysis.blind_spots, [{ point: "Nobody looked at cost." }]);
      equal(snapshot.partial.find(({ stage }) => stage === "answer")?.content, "Half an ");
      equal((await t.session.until(noneOpen)).at(-1).end, "client_closed");
    },
  },
  {
    name: "cancel() before use sends nothing",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      run.cancel("early");
      const error = await failure(run.result());
      equal([error.code, error.cause], ["cancelled", "early"]);
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "cancel() right after the start leaves no call open",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const run = t.start(question());
      const result = failure(run.result());
      run.cancel();
      equal((await within(2000, result, "result()")).code, "cancelled");
      await sleep(300);
      ok(noneOpen(await t.session.until(noneOpen)));
    },
  },
  {
    name: "cancel() after the end has no effect, also if called twice",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      const result = await run.result();
      run.cancel();
      run.cancel("again");
      same(await run.result(), result);
      equal(run.snapshot().status, "completed");
    },
  },
  {
    name: "the first reason wins",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const run = t.start(question());
      const result = failure(run.result());
      run.cancel("first");
      run.cancel("second");
      equal((await result).cause, "first");
    },
  },
  ...[
    ["an object", { why: "bored" }],
    ["an Error", new Error("own error")],
    ["a string", "text"],
    ["null", null],
    ["0", 0],
  ].map(([name, reason]) => ({
    name: `a signal's reason comes back unchanged (${name})`,
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const controller = new AbortController();
      const run = t.start(question(), { signal: controller.signal });
      const reading = readRun(run);
      await t.session.until((calls) => calls.length === 2);
      controller.abort(reason);
      const { error } = await within(2000, reading, "the reader");
      same(error, reason);
      same(await failure(run.result()), reason);
      await bothClosed(t);
    },
  })),
  {
    name: "abort() without a reason rejects with the signal's default reason",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const controller = new AbortController();
      const result = failure(t.start(question(), { signal: controller.signal }).result());
      await t.session.until((calls) => calls.length === 2);
      controller.abort();
      const error = await within(2000, result, "result()");
      same(error, controller.signal.reason);
      equal(error.name, "AbortError");
      await bothClosed(t);
    },
  },
  {
    name: "AbortSignal.timeout() works as a signal",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const error = await within(
        10_000,
        failure(t.start(question(), { signal: AbortSignal.timeout(300) }).result()),
        "result()",
      );
      equal(error.name, "TimeoutError");
      ok(noneOpen(await t.session.until(noneOpen)));
    },
  },
  {
    name: "with an aborted signal nothing is sent",
    async run(t) {
      await t.session.script(defaultScripts());
      const reason = new Error("never mind");
      const run = t.start(question(), { signal: AbortSignal.abort(reason) });
      same(await failure(run.result()), reason);
      equal(await t.session.calls(), []);
    },
  },
  {
    name: "a signal that aborts after the end has no effect",
    async run(t) {
      await t.session.script(defaultScripts());
      const controller = new AbortController();
      const run = t.start(question(), { signal: controller.signal });
      const result = await run.result();
      controller.abort(new Error("late"));
      await sleep(50);
      same(await run.result(), result);
    },
  },
  {
    name: "cancel() stops the analyst and the writer",
    async run(t) {
      for (const model of [ANALYST, WRITER]) {
        await t.session.reset();
        await t.session.script(
          defaultScripts({ [model]: says("{ a b c", { stall: { after: 1 } }) }),
        );
        const run = t.start(question());
        const result = failure(run.result());
        const open = await t.session.until((calls) =>
          calls.some((call) => call.model === model && call.sent_events === 1),
        );
        run.cancel();
        equal((await within(2000, result, "result()")).code, "cancelled");
        const calls = await t.session.until(noneOpen);
        equal(
          calls.map(({ end }) => end),
          [...open.slice(0, -1).map(() => "completed"), "client_closed"],
          model,
        );
      }
    },
  },
  {
    name: "a cancelled stream stops within one chunk",
    async run(t) {
      await t.session.script(
        defaultScripts({ [ALPHA]: says("word ".repeat(3000), { delay: { between_ms: 5 } }) }),
      );
      const run = t.start(question());
      for await (const event of run)
        if (event.type === "panelist.delta" && event.index === 0) break;
      const alpha = (calls) => calls.find(({ model }) => model === ALPHA);
      const after = alpha(await t.session.calls());
      const call = alpha(await t.session.until(noneOpen));
      equal(call.end, "client_closed");
      ok(
        call.sent_events - after.sent_events < 50,
        `${call.sent_events - after.sent_events} events were sent after the break`,
      );
    },
  },
  {
    name: "cancel() inside the loop ends the loop with run.failed",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const run = t.start(question());
      const types = [];
      const error = await within(
        5000,
        failure(
          (async () => {
            for await (const { type } of run) {
              types.push(type);
              if (type === "panelist.delta") run.cancel("from inside");
            }
          })(),
        ),
        "the loop",
      );
      equal([types.at(-1), error.code, error.cause], ["run.failed", "cancelled", "from inside"]);
      ok(noneOpen(await t.session.until(noneOpen)));
    },
  },
  {
    name: "one signal may cancel several runs",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const controller = new AbortController();
      const runs = [1, 2, 3].map(() =>
        failure(t.start(question(), { signal: controller.signal }).result()),
      );
      await t.session.until((calls) => calls.length === 6);
      const reason = new Error("all of you");
      controller.abort(reason);
      for (const error of await within(5000, Promise.all(runs), "the runs")) same(error, reason);
      ok(noneOpen(await t.session.until(noneOpen)));
    },
  },
];
