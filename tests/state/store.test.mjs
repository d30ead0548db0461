// Tests createFusionStore(): which states the store publishes, and which of several runs it reads.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { createFusionStore, initialState } from "../../src/js/state/index.js";

const error = { code: "cancelled", message: "the run was cancelled" };
const started = {
  type: "run.started",
  run_id: "r",
  panel: [{ index: 0, model: "a/one", provider: "p" }],
};
const delta = { type: "panelist.delta", index: 0, delta: "x" };

/** Returns a run whose events the test pushes. */
function scriptedRun() {
  const events = [];
  let wake = () => {};
  const run = {
    cancels: 0,
    push(...more) {
      events.push(...more);
      wake();
    },
    cancel() {
      run.cancels += 1;
      run.push({ type: "run.failed", error });
    },
    snapshot: () => ({ run_id: "r" }),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (events.length === 0) await new Promise((resolve) => (wake = resolve));
        const event = events.shift();
        yield event;
        if (event.type === "run.failed") throw new Error(event.error.message);
        if (event.type === "run.completed") return;
      }
    },
  };
  return run;
}

let frames = [];
const frame = () => {
  for (const call of frames.splice(0)) call?.();
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  // The store's timer must not fire before the frame on a busy machine.
  mock.timers.enable({ apis: ["setTimeout"] });
  frames = [];
  globalThis.requestAnimationFrame = (call) => frames.push(call) - 1;
  globalThis.cancelAnimationFrame = (at) => delete frames[at];
});
afterEach(() => {
  delete globalThis.requestAnimationFrame;
  delete globalThis.cancelAnimationFrame;
  mock.timers.reset();
});

/** Returns a store with one listener, and the list of states that the listener receives. */
function listening(begin, options) {
  const store = createFusionStore(begin, options);
  const seen = [];
  const leave = store.subscribe((state) => seen.push(state));
  return { ...store, seen, leave };
}

test("many events make one notification a frame", async () => {
  const run = scriptedRun();
  const { start, seen, getState } = listening(() => run);
  assert.deepEqual(seen, [initialState()]);
  start();
  assert.deepEqual(
    seen.map(({ status }) => status),
    ["idle", "running"],
  );
  run.push(started, delta, delta);
  await settled();
  run.push(delta);
  await settled();
  assert.equal(seen.length, 2, "nothing before the frame");
  frame();
  assert.deepEqual([seen.length, seen[2].panel[0].content, getState()], [3, "xxx", seen[2]]);
  frame();
  run.push({ type: "an.unknown.type" });
  await settled();
  frame();
  assert.equal(seen.length, 3, "an event without an effect is no notification");
  run.push({ type: "run.completed", result: { answer: "Blue." } });
  await settled();
  frame();
  assert.deepEqual([seen[3].status, seen[3].answer.content], ["completed", "Blue."]);
});

test("without frames, as in a hidden page, the state comes after 100 ms", async () => {
  const run = scriptedRun();
  const { start, seen } = listening(() => run);
  start();
  run.push(started);
  await settled();
  mock.timers.tick(99);
  assert.equal(seen.length, 2);
  mock.timers.tick(1);
  assert.equal(seen.length, 3);
  frame();
  assert.equal(seen.length, 3, "the late frame does not publish again");
});

test("start() cancels the run before, whose events no longer count", async () => {
  const runs = [scriptedRun(), scriptedRun()];
  const calls = [];
  const { start, seen, getRun } = listening((...args) => {
    calls.push(args);
    return runs[calls.length - 1];
  });
  start("one", 1);
  await settled();
  runs[0].push(started, delta);
  await settled();
  start("two", 2);
  runs[0].push(delta);
  await settled();
  frame();
  assert.deepEqual(calls, [
    ["one", 1],
    ["two", 2],
  ]);
  assert.deepEqual([runs[0].cancels, runs[1].cancels, getRun()], [1, 0, runs[1]]);
  assert.deepEqual([seen.at(-1).status, seen.at(-1).panel], ["running", []]);
});

test("stop() cancels the run, which reports its end", async () => {
  const run = scriptedRun();
  const { start, stop, seen } = listening(() => run);
  stop();
  start();
  await settled();
  run.push(started);
  await settled();
  stop();
  await settled();
  frame();
  const last = seen.at(-1);
  assert.deepEqual([run.cancels, last.status, last.error], [1, "failed", error]);
  assert.equal(last.panel[0].status, "stopped");
  stop();
  assert.equal(run.cancels, 1);
});

test("a promise of a run: stop() before it settles cancels the run that comes", async () => {
  const run = scriptedRun();
  const promise = Promise.withResolvers?.() ?? {};
  promise.promise ??= new Promise((resolve) => (promise.resolve = resolve));
  const { start, stop, seen } = listening(() => promise.promise);
  start();
  stop();
  frame();
  assert.deepEqual([seen.at(-1).status, seen.at(-1).error.code], ["failed", "cancelled"]);
  promise.resolve(run);
  await settled();
  assert.equal(run.cancels, 1);
});

test("a function that throws, or a promise that rejects, is a failed run", async () => {
  const failing = [
    () => {
      throw new TypeError("no request");
    },
    async () => {
      throw Object.assign(new Error("offline"), { code: "network_error" });
    },
  ];
  const found = [];
  for (const begin of failing) {
    const { start, seen } = listening(begin);
    start();
    await settled();
    frame();
    const { status, error } = seen.at(-1);
    found.push([status, error.code, error.message]);
  }
  assert.deepEqual(found, [
    ["failed", "unexpected_error", "no request"],
    ["failed", "network_error", "offline"],
  ]);
  assert.throws(() => createFusionStore("prompt"), TypeError);
});

test("a function that returns no run is a failed run, which can be stopped", async () => {
  for (const value of [undefined, 5, {}, (async function* () {})()]) {
    const { start, stop, retry, getRun, seen } = listening(() => value, { resume: () => value });
    start();
    await settled();
    frame();
    const { status, error } = seen.at(-1);
    assert.deepEqual([status, error.code, getRun()], ["failed", "unexpected_error", undefined]);
    assert.match(error.message, /must return a run/);
    stop();
    retry();
  }
});

for (const name of ["reportError", "console.error"]) {
  test(`${name} gets what a listener throws, and all else continues`, async () => {
    const reported = [];
    const { error: print } = console;
    if (name === "reportError") globalThis.reportError = (error) => reported.push(error.message);
    else console.error = (error) => reported.push(error.message);
    try {
      const run = scriptedRun();
      const store = createFusionStore(() => run);
      const seen = [];
      store.subscribe(({ status }) => {
        throw new Error(status);
      });
      store.subscribe(({ status }) => seen.push(status));
      store.start();
      run.push(started, { type: "run.completed", result: {} });
      await settled();
      frame();
      assert.deepEqual(seen, ["idle", "running", "completed"]);
      assert.deepEqual(reported, seen);
    } finally {
      console.error = print;
      delete globalThis.reportError;
    }
  });
}

test("retry() begins again, or resumes a run that has not completed", async () => {
  const runs = [scriptedRun(), scriptedRun(), scriptedRun(), scriptedRun()];
  const calls = [];
  const next = (...args) => {
    calls.push(args);
    return runs[calls.length - 1];
  };
  const { start, stop, retry, seen } = listening((...args) => next("begin", ...args), {
    resume: (snapshot, ...args) => next("resume", snapshot.run_id, ...args),
  });
  retry();
  assert.deepEqual(calls, [], "nothing to retry");
  start("why?");
  await settled();
  const reasoning = { type: "panelist.reasoning", index: 0, delta: "Hm." };
  const done = { type: "panelist.completed", index: 0, model: "a/one", content: "Blue" };
  runs[0].push(started, reasoning, done);
  await settled();
  stop();
  await settled();
  retry();
  await settled();
  assert.deepEqual(calls.at(-1), ["resume", "r", "why?"]);
  runs[1].push(started, { ...done, restored: true });
  await settled();
  frame();
  assert.equal(seen.at(-1).panel[0].reasoning, "Hm.", "kept from the run that is resumed");
  runs[1].push({ type: "run.completed", result: {} });
  await settled();
  retry();
  await settled();
  assert.deepEqual(calls.at(-1), ["begin", "why?"], "a completed run is repeated");
  const plain = listening((...args) => next("plain", ...args));
  plain.start(5);
  await settled();
  plain.retry();
  await settled();
  assert.deepEqual(calls.slice(3), [
    ["plain", 5],
    ["plain", 5],
  ]);
});

for (const [what, act] of [
  ["in the same task", ({ retry }) => retry()],
  ["after stop()", ({ stop, retry }) => [stop, retry].forEach((call) => void call())],
  ["later", (store) => settled().then(store.retry)],
]) {
  for (const [how, first] of [
    ["is pending", () => new Promise(() => {})],
    ["rejected", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["returned a run", () => scriptedRun()],
  ]) {
    test(`retry() ${what}, when a resume ${how}, resumes the same run`, async () => {
      const run = scriptedRun();
      const calls = [];
      const store = listening(
        (...args) => {
          calls.push(["begin", ...args]);
          return run;
        },
        {
          resume(snapshot, ...args) {
            calls.push(["resume", snapshot.run_id, ...args]);
            return calls.length === 2 ? first() : scriptedRun();
          },
        },
      );
      store.start("why?");
      run.push(started, { type: "panelist.completed", index: 0, content: "Blue" });
      await settled();
      run.push({ type: "run.failed", error });
      await settled();
      store.retry();
      await act(store);
      await settled();
      const resumed = ["resume", "r", "why?"];
      assert.deepEqual(calls, [["begin", "why?"], resumed, resumed]);
      frame();
      const { status, panel } = store.seen.at(-1);
      assert.deepEqual([status, panel[0].content], ["running", "Blue"]);
    });
  }
}

test("the run stops when the last listener has gone, unless one comes back at once", async () => {
  const run = scriptedRun();
  const { subscribe, start, leave } = listening(() => run);
  start();
  await settled();
  const other = subscribe(() => {});
  leave();
  leave();
  await settled();
  assert.equal(run.cancels, 0, "one listener is left");
  other();
  const again = subscribe(() => {});
  await settled();
  assert.equal(run.cancels, 0, "StrictMode removes a listener and adds it again");
  again();
  await settled();
  assert.equal(run.cancels, 1);
});
