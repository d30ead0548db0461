// Tests fromResponse() with a silent connection. Runs in its own process, because it shortens a
// timer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fromResponse } from "../../src/js/remote-run.js";

const LIMIT_MS = 45_000;
const { setTimeout } = globalThis;
let limits = 0;
globalThis.setTimeout = (wake, ms, ...rest) => {
  if (ms !== LIMIT_MS) return setTimeout(wake, ms, ...rest);
  limits += 1;
  return setTimeout(wake, 20, ...rest);
};

const framesOf = (...events) =>
  events
    .map((event) => `id: ${event.seq}\ndata: ${JSON.stringify({ elapsed_ms: 0, ...event })}\n\n`)
    .join("");
const START = { seq: 1, type: "run.started", panel: [] };
const END = { seq: 2, type: "run.completed", result: { answer: "blue" } };

/** Returns a response on a half-open connection: it gets no more data and does not end. */
function silent(closed) {
  const body = new ReadableStream({
    start: (controller) =>
      controller.enqueue(new TextEncoder().encode(`retry: 0\n\n${framesOf(START)}`)),
    cancel: () => void closed.push(true),
  });
  return respond(body);
}

const respond = (body) => new Response(body, { headers: { "content-type": "text/event-stream" } });

test("with reconnect, a silent connection counts as broken", { timeout: 20_000 }, async () => {
  const [closed, asked] = [[], []];
  const reconnect = (id) => {
    asked.push(id);
    return asked.length === 1 ? silent(closed) : respond(framesOf(START, END));
  };
  assert.equal((await fromResponse(silent(closed), { reconnect }).result()).answer, "blue");
  assert.deepEqual([asked, closed.length], [["1", "1"], 2]);
  assert.ok(limits >= 2);
});

test("a reconnect without an answer is repeated, and a late response is closed", {
  timeout: 20_000,
}, async () => {
  const [closed, late, asked] = [[], [], []];
  let arrives;
  const reconnect = (id) => {
    asked.push(id);
    return asked.length === 1
      ? new Promise((resolve) => (arrives = resolve))
      : respond(framesOf(START, END));
  };
  assert.equal((await fromResponse(silent(closed), { reconnect }).result()).answer, "blue");
  assert.equal(asked.length, 2);
  arrives(silent(late));
  await new Promise((wake) => setTimeout(wake, 5));
  assert.equal(late.length, 1);
});

test("a run that is cancelled during reconnect leaves no timer and closes a late response", {
  timeout: 20_000,
}, async () => {
  const late = [];
  let arrives;
  const { clearTimeout } = globalThis;
  let cleared = 0;
  globalThis.clearTimeout = (timer) => {
    cleared += 1;
    return clearTimeout(timer);
  };
  const asked = new Promise((asked) => {
    const run = fromResponse(respond(`retry: 0\n\n${framesOf(START)}`), {
      reconnect: () => {
        asked(run);
        return new Promise((resolve) => (arrives = resolve));
      },
    });
    run.result().catch(() => {});
  });
  const run = await asked;
  await new Promise((wake) => setTimeout(wake, 1));
  const before = cleared;
  run.cancel();
  assert.ok(cleared > before);
  globalThis.clearTimeout = clearTimeout;
  arrives(silent(late));
  await new Promise((wake) => setTimeout(wake, 5));
  assert.equal(late.length, 1);
});

test("a reconnect that returns no Response is an error and is not repeated", {
  timeout: 20_000,
}, async () => {
  let asked = 0;
  const reconnect = () => {
    asked += 1;
  };
  await assert.rejects(
    fromResponse(respond(`retry: 0\n\n${framesOf(START)}`), { reconnect }).result(),
    { code: "network_error", message: /no Response/ },
  );
  assert.equal(asked, 1);
});

test("comments reset the timer", { timeout: 20_000 }, async () => {
  let left = 20;
  const body = new ReadableStream({
    async pull(controller) {
      const text = left-- > 0 ? ": keep-alive\n\n" : framesOf(START, END);
      controller.enqueue(new TextEncoder().encode(text));
    },
  });
  limits = 0;
  const reconnect = () => assert.fail("it was asked again");
  assert.equal((await fromResponse(respond(body), { reconnect }).result()).answer, "blue");
  assert.ok(limits > 20, "each comment restarts the timer");
});

test("without reconnect, a silent connection stays open", { timeout: 20_000 }, async () => {
  limits = 0;
  const closed = [];
  const run = fromResponse(silent(closed));
  const result = run.result();
  await new Promise((wake) => setTimeout(wake, 60));
  assert.equal(limits, 0);
  run.cancel();
  await assert.rejects(result, { code: "cancelled" });
  assert.equal(closed.length, 1);
});
