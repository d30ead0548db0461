// Tests runs in which a call into the core throws. A scripted core replaces the wasm.

import assert from "node:assert/strict";
import { test } from "node:test";
import { takeRunsAfterTrap } from "../../src/js/registry.js";
import { fromResponse } from "../../src/js/remote-run.js";
import { FusionRun } from "../../src/js/run.js";

const completed = JSON.stringify([{ seq: 1, elapsed_ms: 0, type: "run.completed" }]);

/** Returns a core whose runs never end. `methods` can replace methods of these runs. */
function scriptedCore(methods) {
  const freed = [];
  class Run {
    poll = () => false;
    take = () => undefined;
    checkpointCount = () => 0;
    free = () => void freed.push(this);
    constructor() {
      Object.assign(this, methods);
    }
  }
  const handleTrap = (cause) => {
    const { runs, message } = takeRunsAfterTrap();
    for (const run of runs) run.failWithoutCore(message, cause);
  };
  return { freed, load: async () => ({ Run }), handleTrap };
}

async function readAll(run) {
  const types = [];
  try {
    for await (const { type } of run) types.push(type);
  } catch (error) {
    return { types, error };
  }
  return { types };
}

const start = (core) => new FusionRun(core, { prompt: "?" }, {});
const throws = (error) => () => {
  throw error;
};

/** Starts a run that never ends, and a second run whose core throws. */
async function besideLiveRun(methods) {
  const live = start(scriptedCore({}));
  let liveError;
  live.result().catch((error) => {
    liveError = error;
  });
  await new Promise(setImmediate);
  const core = scriptedCore(methods);
  const outcome = await readAll(start(core));
  await new Promise(setImmediate);
  live.cancel();
  return { ...outcome, freed: core.freed.length, hasFailedLiveRun: liveError !== undefined };
}

test("an exception that is no trap fails its own run alone", async () => {
  const outcome = await besideLiveRun({ poll: throws(new TypeError("no such thing")) });
  assert.deepEqual(outcome.types, ["run.failed"]);
  assert.equal(outcome.error.code, "unexpected_error");
  assert.match(outcome.error.message, /no such thing/);
  assert.equal(outcome.freed, 1);
  assert.equal(outcome.hasFailedLiveRun, false);
});

test("a trap and an exhausted stack fail every run", async () => {
  for (const error of [new WebAssembly.RuntimeError("unreachable"), new RangeError("stack")]) {
    const outcome = await besideLiveRun({ poll: throws(error) });
    assert.deepEqual(outcome.types, ["run.failed"]);
    assert.equal(outcome.freed, 0);
    assert.equal(outcome.hasFailedLiveRun, true);
  }
});

test("a trap while the result is taken makes one last event", async () => {
  const end = { poll: () => true, take: () => completed };
  const result = throws(new WebAssembly.RuntimeError("unreachable"));
  const outcome = await besideLiveRun({ ...end, result });
  assert.deepEqual(outcome.types, ["run.failed"]);
  assert.equal(outcome.freed, 0);
});

test("a failure after the last event does not take the result back", async () => {
  for (const error of [new WebAssembly.RuntimeError("unreachable"), new TypeError("in use")]) {
    const result = () => '{"answer":"blue"}';
    const end = { poll: () => true, take: () => completed, result, free: throws(error) };
    const run = start(scriptedCore(end));
    assert.deepEqual(await run.result(), { answer: "blue" });
    assert.deepEqual(await readAll(run), { types: ["run.completed"] });
  }
});

test("a snapshot that fails fails the run, and is the last one known", async () => {
  const run = start(scriptedCore({ snapshot: throws(new Error("no object")) }));
  const result = run.result();
  await new Promise(setImmediate);
  assert.equal(run.snapshot().status, "failed");
  await assert.rejects(result, { code: "unexpected_error" });
});

test("a cancel does not replace the error of a refused input", async () => {
  const run = new FusionRun(scriptedCore({}), { prompt: () => {} }, {});
  run.cancel();
  await assert.rejects(run.result(), { code: "invalid_request" });
});

/** Rejects if a promise does not settle soon, so that the test fails and does not hang. */
const soon = (promise) =>
  Promise.race([
    promise,
    new Promise((_, reject) => {
      setTimeout(() => reject(new Error("left open")), 1000).unref();
    }),
  ]);

/** Returns the results or errors of `result()` and of the iterator of a run. */
async function endOf(run) {
  const outcome = run.result().then(
    (result) => ({ result }),
    (error) => ({ error }),
  );
  const events = readAll(run);
  return { ...(await soon(outcome)), events: await soon(events) };
}

const frames = (...events) =>
  JSON.stringify(events.map((event, i) => ({ seq: i + 1, elapsed_ms: 0, ...event })));
const failed = frames({ type: "run.failed", error: { code: "timeout", message: "late" } });
const atEnd = (methods) => ({
  poll: () => true,
  take: () => completed,
  result: () => "{}",
  ...methods,
});
const wrongSignal = (methods) => ({
  aborted: false,
  addEventListener() {},
  removeEventListener() {},
  ...methods,
});

const endings = {
  "events that are no JSON": [atEnd({ take: () => "[{" })],
  "no events": [atEnd({ take: () => undefined })],
  "an empty list of events": [atEnd({ take: () => "[]" })],
  "a failure without an error": [atEnd({ take: () => frames({ type: "run.failed" }) })],
  "a message that is no JSON": [atEnd({ result: () => '{"message":"{"}' })],
  "a result that is no JSON": [atEnd({ result: () => "{" })],
  "a result that cannot be read": [atEnd({ result: throws(new TypeError("glue")) })],
  "a trap in the last events": [atEnd({ take: throws(new WebAssembly.RuntimeError("trap")) })],
  "events that are no JSON in the middle": [{ take: () => "[{" }],
  "a signal that cannot be listened to": [
    {},
    { signal: wrongSignal({ addEventListener: throws(new Error("mine")) }) },
  ],
};

for (const [name, [methods, options]] of Object.entries(endings)) {
  test(`a run fails at ${name}`, async () => {
    const run = new FusionRun(scriptedCore(methods), { prompt: "?" }, options);
    const { error, events } = await endOf(run);
    assert.equal(error?.code, "unexpected_error");
    assert.deepEqual([events.types, events.error], [["run.failed"], error]);
    assert.equal(run.snapshot().status, "failed");
  });
}

test("a run that completes does so whatever its end meets", async () => {
  const signal = wrongSignal({ removeEventListener: throws(new Error("mine")) });
  for (const [methods, options] of [
    [{}, { signal }],
    [{ checkpointCount: () => 1, snapshot: throws(new Error("x")) }],
    [{ checkpointCount: () => 1, snapshot: () => new Uint8Array([1]) }, { onSnapshot() {} }],
  ]) {
    const core = scriptedCore(atEnd({ warn() {}, ...methods }));
    const { result, error } = await endOf(new FusionRun(core, { prompt: "?" }, options));
    assert.ok(result ?? error, "neither a result nor an error");
  }
});

test("a failed run whose last snapshot is broken keeps its error", async () => {
  const signal = wrongSignal({ removeEventListener: throws(new Error("mine")) });
  const broken = { checkpointCount: () => 1, snapshot: () => new Uint8Array([1]) };
  const core = scriptedCore(atEnd({ take: () => failed, ...broken }));
  const { error } = await endOf(new FusionRun(core, { prompt: "?" }, { signal }));
  assert.deepEqual([error.code, error.snapshot.status], ["timeout", "failed"]);
});

test("a remote run ends at an error that cannot be read, and at a reader that throws", async () => {
  const hostile = Object.defineProperty({}, "name", { get: throws(new Error("trap")) });
  const { error } = await endOf(fromResponse(Promise.reject(hostile)));
  assert.equal(error.code, "unexpected_error");

  const last = { seq: 1, elapsed_ms: 0, type: "run.completed", result: { answer: "blue" } };
  const text = `data: ${JSON.stringify(last)}\n\n`;
  const chunks = [new TextEncoder().encode(text)];
  const reader = {
    read: async () => ({ done: chunks.length === 0, value: chunks.pop() }),
    cancel: throws(new Error("mine")),
  };
  const response = {
    status: 200,
    headers: new Headers({ "content-type": "text/event-stream" }),
    body: { getReader: () => reader },
  };
  assert.equal((await endOf(fromResponse(response))).result.answer, "blue");
});
