// Tests reading a run. A run has one reader. `result()` can be called before, during and after the
// iteration. A slow reader delays no panelist.

import { noneOpen } from "../provider/client.mjs";
import { failures, says } from "../provider/scripts.mjs";
import { equal, failure, ok, oneOf, same, sleep, throws, within } from "./assert.mjs";
import { ALPHA, BETA, defaultScripts, question, stalled, WRITER } from "./fixtures.mjs";
import { complete, eventsOf, readRun, readServerSentEvents } from "./run-helpers.mjs";

// Waits until both panelists' calls have arrived. A browser sends a preflight before a call, so the
// first call may already stream before the second call arrives.
const bothSent = (t) => t.session.until((calls) => calls.length === 2);

export default [
  {
    name: "a run sends nothing before its first use",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      await sleep(100);
      equal(await t.session.calls(), []);
      await run.result();
      equal((await t.session.calls()).length, 4);
    },
  },
  {
    name: "result() works without iteration",
    async run(t) {
      await t.session.script(defaultScripts());
      const result = await t.start(question()).result();
      equal(
        [
          result.status,
          result.answer,
          result.responses.length,
          result.failed_models,
          result.tool_calls,
        ],
        ["ok", "Yes, it is blue.", 2, [], []],
      );
    },
  },
  {
    name: "result() returns the same promise before, during and after iteration",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      const before = run.result();
      let during;
      const events = [];
      for await (const event of run) {
        events.push(event);
        during ??= run.result();
      }
      same(during, before);
      same(run.result(), before);
      equal(await before, events.at(-1).result);
      equal((await t.session.calls()).length, 4);
    },
  },
  {
    name: "iteration may start after the result",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      const result = await run.result();
      const { events } = await readRun(run);
      equal([events[0].type, events.at(-1).result], ["run.started", result]);
    },
  },
  {
    name: "a second iterator throws a TypeError",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      run[Symbol.asyncIterator]();
      throws(() => run[Symbol.asyncIterator](), TypeError);
      throws(() => run.toReadableStream(), TypeError);
      await run.result();
      throws(() => run[Symbol.asyncIterator](), TypeError);
    },
  },
  {
    name: "an iterator beside toReadableStream() throws a TypeError",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      const stream = run.toReadableStream();
      throws(() => run[Symbol.asyncIterator](), TypeError);
      throws(() => run.toReadableStream(), TypeError);
      await stream.cancel();
    },
  },
  {
    name: "an iterator is its own iterable",
    async run(t) {
      await t.session.script(defaultScripts());
      const iterator = t.start(question())[Symbol.asyncIterator]();
      same(iterator[Symbol.asyncIterator](), iterator);
      let last;
      for await (const event of iterator) last = event;
      equal(last.type, "run.completed");
      equal(await iterator.next(), { done: true });
    },
  },
  {
    name: "next() may be called again before it resolves",
    async run(t) {
      await t.session.script(defaultScripts());
      const iterator = t.start(question())[Symbol.asyncIterator]();
      const ahead = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
      equal(
        ahead.map(({ value }) => value.seq),
        [1, 2, 3],
      );
      await iterator.return();
    },
  },
  {
    name: "return() takes effect at once while next() is pending",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const iterator = t.start(question())[Symbol.asyncIterator]();
      // The first next() starts the run.
      let pending = iterator.next();
      await t.session.until(
        (calls) => calls.length === 2 && calls[0].sent_events + calls[1].sent_events === 2,
      );
      while ((await Promise.race([pending.then(() => "event"), sleep(500)])) === "event")
        pending = iterator.next();
      const done = await within(2000, Promise.all([iterator.return(), pending]), "return()");
      equal(
        done.map((step) => step.done),
        [true, true],
      );
      equal(
        (await t.session.until(noneOpen)).map(({ end }) => end),
        ["client_closed", "client_closed"],
      );
      equal(await iterator.next(), { done: true });
    },
  },
  {
    name: "break cancels every open call",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const run = t.start(question());
      for await (const event of run)
        if (event.type === "panelist.delta" && (await bothSent(t))) break;
      const calls = await t.session.until(noneOpen);
      equal(
        calls.map(({ end }) => end),
        ["client_closed", "client_closed"],
      );
      const error = await within(2000, failure(run.result()), "result()");
      equal(error.code, "cancelled");
    },
  },
  {
    name: "a throw in the loop's body cancels the run and is rethrown",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const own = new Error("mine");
      const error = await failure(
        (async () => {
          for await (const event of t.start(question()))
            if (event.type === "panelist.delta" && (await bothSent(t))) throw own;
        })(),
      );
      same(error, own);
      equal(
        (await t.session.until(noneOpen)).map(({ end }) => end),
        ["client_closed", "client_closed"],
      );
    },
  },
  {
    name: "break after result() does not cancel the run",
    async run(t) {
      await t.session.script(
        defaultScripts({
          [ALPHA]: says("Alpha finds all common ground in blue.", { delay: { between_ms: 20 } }),
        }),
      );
      const run = t.start(question());
      const result = run.result();
      for await (const event of run) if (event.type === "panelist.delta") break;
      equal((await result).answer, "Yes, it is blue.");
      equal(
        (await t.session.until(noneOpen)).map(({ end }) => end),
        Array(4).fill("completed"),
      );
    },
  },
  {
    name: "break after the last event keeps the result",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      for await (const event of run) if (event.type === "run.completed") break;
      equal((await run.result()).answer, "Yes, it is blue.");
    },
  },
  {
    name: "a slow reader does not slow panelists",
    async run(t) {
      const text = "word ".repeat(300).trim();
      await t.session.script(
        defaultScripts({
          [ALPHA]: says(text, { delay: { between_ms: 0 } }),
          [BETA]: says(text, { delay: { between_ms: 0 } }),
        }),
      );
      const run = t.start(question());
      const iterator = run[Symbol.asyncIterator]();
      const first = await iterator.next();
      const calls = await t.session.until((calls) => calls.length === 4 && noneOpen(calls), 15_000);
      equal(
        calls.map(({ end }) => end),
        Array(4).fill("completed"),
        "all calls completed without a reader",
      );
      const rest = [first.value];
      for await (const event of iterator) rest.push(event);
      equal(
        eventsOf(rest, "panelist.delta", 0)
          .map(({ delta }) => delta)
          .join(""),
        text,
      );
      ok(
        eventsOf(rest, "panelist.delta", 0).length < 30,
        `${eventsOf(rest, "panelist.delta", 0).length} deltas waited, unmerged`,
      );
    },
  },
  {
    name: "toReadableStream() gives server-sent events with id = seq",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      const stream = run.toReadableStream();
      ok(stream instanceof ReadableStream);
      const frames = await readServerSentEvents(stream);
      ok(frames.every(({ id, event }) => id === String(event.seq)));
      equal(
        frames.map(({ event }) => event.seq),
        frames.map((_, i) => i + 1),
      );
      equal(frames.at(-1).event.type, "run.completed");
      equal((await run.result()).answer, "Yes, it is blue.");
    },
  },
  {
    name: "a Response can stream the events",
    async run(t) {
      await t.session.script(
        defaultScripts({ [WRITER]: says("line one\nline two\r\n\r\n𝄞 \u2028 end") }),
      );
      const text = await new Response(t.start(question()).toReadableStream()).text();
      const frames = await readServerSentEvents(new Response(text).body);
      equal(frames.at(-1).event.result.answer, "line one\nline two\r\n\r\n𝄞 \u2028 end");
    },
  },
  {
    name: "a stream of a failed run ends with run.failed",
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: failures[401], [BETA]: failures[401] }));
      const run = t.start(question());
      const frames = await readServerSentEvents(run.toReadableStream());
      equal(
        [frames.at(-1).event.type, frames.at(-1).event.error.code],
        ["run.failed", "authentication"],
      );
      equal((await failure(run.result())).code, "authentication");
    },
  },
  {
    name: "cancelling the stream cancels the run",
    async run(t) {
      await t.session.script(defaultScripts(stalled));
      const reader = t.start(question()).toReadableStream().getReader();
      await reader.read();
      await t.session.until((calls) => calls.length === 2);
      await within(2000, reader.cancel(), "cancel()");
      equal(
        (await t.session.until(noneOpen)).map(({ end }) => end),
        ["client_closed", "client_closed"],
      );
    },
  },
  {
    name: "the iterator throws once after run.failed",
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: failures[401], [BETA]: failures[401] }));
      const iterator = t.start(question())[Symbol.asyncIterator]();
      let last;
      const error = await failure(
        (async () => {
          for (let step = await iterator.next(); !step.done; step = await iterator.next())
            last = step.value;
        })(),
      );
      equal([last.type, error.code], ["run.failed", "authentication"]);
      equal(await within(2000, iterator.next(), "next() after the end"), { done: true });
    },
  },
  {
    name: "a failed run without a reader causes no unhandled rejection",
    async run(t) {
      await t.session.script(defaultScripts({ [ALPHA]: failures[401], [BETA]: failures[401] }));
      const before = t.unhandled().length;
      t.start({ promt: "typo" });
      t.start(question()).cancel();
      t.start(question()).toReadableStream();
      await t.start(question())[Symbol.asyncIterator]().next();
      void t.start(question()).result();
      await readRun(t.start(question()));
      const aborted = new AbortController();
      await t.start(question(), { signal: aborted.signal })[Symbol.asyncIterator]().next();
      aborted.abort();
      await t.session.until(noneOpen);
      await sleep(300);
      equal(t.unhandled().slice(before), []);
    },
  },
  {
    name: "every event is plain JSON",
    async run(t) {
      await t.session.script(defaultScripts());
      const { events } = await complete(t.start(question()));
      for (const event of events) {
        const copy = structuredClone(event);
        equal(JSON.parse(JSON.stringify(event)), copy);
        oneOf(Object.getPrototypeOf(event), [Object.prototype]);
      }
      ok(!JSON.stringify(events).includes("\\ufffd"));
    },
  },
  {
    name: "a change to an event does not affect the run",
    async run(t) {
      await t.session.script(defaultScripts());
      const run = t.start(question());
      for await (const event of run)
        if (event.type === "panelist.completed") event.content = "changed";
      const { responses } = await run.result();
      equal(responses[0].content, "Alpha finds all common ground in blue.");
    },
  },
  {
    name: "asyncDispose cancels the run if the runtime has it",
    async run(t) {
      if (!Symbol.asyncDispose) return;
      await t.session.script(defaultScripts(stalled));
      const run = t.start(question());
      await run[Symbol.asyncIterator]().next();
      await t.session.until((calls) => calls.length === 2);
      await run[Symbol.asyncDispose]();
      equal(
        (await t.session.until(noneOpen)).map(({ end }) => end),
        ["client_closed", "client_closed"],
      );
    },
  },
];
