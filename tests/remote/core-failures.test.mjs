// Tests a run in which a call into the core throws, with a scripted core in place of the wasm.

import assert from "node:assert/strict";
import { test } from "node:test";
import { takeRunsAfterTrap } from "../../src/js/registry.js";
import { FusionRun } from "../../src/js/run.js";

const completed = JSON.stringify([{ seq: 1, elapsed_ms: 0, type: "run.completed" }]);

/** Returns a core whose runs never end, unless `methods` override that. */
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

/** Starts a run that never ends, and one whose core throws from a method. */
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
    const result = () => ({ answer: "blue" });
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
