// Tests fromResponse() while it waits to reconnect. Runs in its own process, because it replaces
// setTimeout. The replacement records and shortens delays.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fromResponse } from "../../src/js/remote-run.js";

/** The idle timeout, which these tests ignore. */
const LIMIT_MS = 45_000;
const { setTimeout, clearTimeout } = globalThis;
const timers = new Map();
let ahead = true;
let began = () => {};
globalThis.setTimeout = (wake, ms) => {
  if (ms === LIMIT_MS) return setTimeout(wake, ms);
  const timer = setTimeout(
    () => {
      timers.delete(timer);
      wake();
    },
    ahead ? 0 : 10_000,
  );
  timers.set(timer, ms);
  began(ms);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  timers.delete(timer);
  return clearTimeout(timer);
};

const respond = (body) => new Response(body, { headers: { "content-type": "text/event-stream" } });
const END = 'data: {"seq":1,"elapsed_ms":0,"type":"run.completed","result":{"answer":"blue"}}\n\n';

/**
 * Returns the delay before the first reconnect. The stream has sent `retry` as its reconnect delay.
 */
async function waited(retry) {
  const asked = [];
  began = (ms) => asked.push(ms);
  assert.equal(
    (await fromResponse(respond(`retry: ${retry}\n\n`), { reconnect: () => respond(END) }).result())
      .answer,
    "blue",
  );
  return asked[0];
}

test("the server's retry sets the delay, up to one hour", { timeout: 20_000 }, async () => {
  assert.equal(await waited(4000), 4000);
  // The first value exceeds the maximum delay, the second the range of timers, and the third the
  // range of numbers.
  for (const retry of [3_600_001, 3_000_000_000, "9".repeat(400)])
    assert.equal(await waited(retry), 3_600_000);
});

test("a run that is cancelled during the delay leaves no timer and does not reconnect", {
  timeout: 20_000,
}, async () => {
  ahead = false;
  const waits = new Promise((resolve) => (began = resolve));
  const run = fromResponse(respond("retry: 4000\n\n"), {
    reconnect: () => assert.fail("it was asked again"),
  });
  const result = run.result();
  assert.equal(await waits, 4000);
  run.cancel();
  assert.equal(timers.size, 0);
  await assert.rejects(result, { code: "cancelled" });
});
