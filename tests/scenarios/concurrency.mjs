// Tests that runs share a wasm instance but no state.

import { says } from "../provider/scripts.mjs";
import { equal, ok } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, defaultScripts, question, stalled, WRITER } from "./fixtures.mjs";
import { complete, eventsOf } from "./run-helpers.mjs";

export default [
  {
    name: "30 concurrent runs complete while one of them is aborted",
    async run(t) {
      await t.session.script(
        defaultScripts({ "slow/one": says("never", { stall: { after: 1 } }) }),
      );
      const doomed = t.start(question({ analysis_models: ["slow/one"] }));
      const failing = doomed.result().catch((error) => error.code);
      const runs = Array.from({ length: 30 }, (_, i) => complete(t.start(question({ seed: i }))));
      setTimeout(() => doomed.cancel(), 50);
      const done = await Promise.all(runs);
      for (const { result } of done)
        equal(
          [result.answer, result.responses.length, "analysis" in result],
          ["Yes, it is blue.", 2, true],
        );
      equal(new Set(done.map(({ result }) => result.run_id)).size, 30);
      equal(await failing, "cancelled");
    },
  },
  {
    name: "a run inside another run's loop completes",
    async run(t) {
      await t.session.script(defaultScripts());
      let inner;
      const outer = t.start(question());
      for await (const event of outer)
        if (event.type === "analysis.started") inner = await t.start(question()).result();
      equal(
        [inner.answer, (await outer.result()).answer],
        ["Yes, it is blue.", "Yes, it is blue."],
      );
    },
  },
  {
    name: "plain http makes at most six calls at a time",
    async run(t) {
      const members = Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [
          `q/${i}`,
          says("Some all common ground.", { delay: { first_ms: 150 } }),
        ]),
      );
      await t.session.script(defaultScripts(members));
      const { events, result } = await complete(
        t.start(question({ analysis_models: Object.keys(members) })),
      );
      equal(result.responses.length, 8);
      equal(
        eventsOf(events, "panelist.queued").map(({ index }) => index),
        [6, 7],
      );
      const calls = (await t.session.calls()).filter(({ model }) => model in members);
      const peak = Math.max(
        ...calls.map(
          (call) =>
            calls.filter((other) => other.arrived <= call.arrived && other.ended > call.arrived)
              .length,
        ),
      );
      ok(peak <= 6, `${peak} calls at once`);
    },
  },
  {
    name: "timeouts do not count time in the queue",
    async run(t) {
      const members = Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [
          `q/${i}`,
          says("Some all common ground.", { delay: { headers_ms: 2500 } }),
        ]),
      );
      await t.session.script(defaultScripts(members));
      const { result } = await complete(
        t.start(
          question({
            analysis_models: Object.keys(members),
            timeouts: { first_byte_ms: 4800, panelist_ms: 4900 },
          }),
        ),
      );
      equal(result.failed_models, []);
    },
  },
  {
    name: "queued calls of a cancelled run are not sent",
    async run(t) {
      await t.session.script({ "*": stalled[ALPHA] });
      const run = t.start(
        question({ analysis_models: Array.from({ length: 8 }, (_, i) => `q/${i}`) }),
      );
      const result = run.result().catch((error) => error.code);
      await t.session.until((calls) => calls.length >= 6);
      run.cancel();
      equal(await result, "cancelled");
      const calls = await t.session.until((calls) => calls.every(({ end }) => end !== "open"));
      equal([calls.length, calls.every(({ end }) => end === "client_closed")], [6, true]);
    },
  },
  {
    name: "ten consecutive runs leave no call open",
    async run(t) {
      await t.session.script(defaultScripts());
      for (let i = 0; i < 10; i++) await t.start(question({ seed: i })).result();
      const calls = await t.session.calls();
      equal([calls.length, calls.every(({ end }) => end === "completed")], [40, true]);
      equal(
        [...new Set(calls.map(({ model }) => model))].sort(),
        [ALPHA, BETA, ANALYST, WRITER].sort(),
      );
    },
  },
];
