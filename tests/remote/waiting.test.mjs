// fromResponse() while it waits to connect again. In a process of its own: its clock notes what it is asked for, and runs ahead.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fromResponse } from "../../src/js/remote-run.js";

/** The limit on silence, which is not what is looked at here. */
const LIMIT_MS = 45_000;
const { setTimeout, clearTimeout } = globalThis;
const timers = new Map();
let ahead = true;
let began = () => {};
globalThis.setTimeout = (wake, ms) => {
  if (ms === LIMIT_MS) return setTimeout(wake, ms);
  const timer = setTimeout(() => (timers.delete(timer), wake()), ahead ? 0 : 10_000);
  timers.set(timer, ms);
  began(ms);
  return timer;
};
globalThis.clearTimeout = (timer) => (timers.delete(timer), clearTimeout(timer));

const respond = (body) => new Response(body, { headers: { "content-type": "text/event-stream" } });
const END = 'data: {"seq":1,"elapsed_ms":0,"type":"run.completed","result":{"answer":"blue"}}\n\n';

/** The wait before the first attempt, when a stream has said `retry`. */
async function waited(retry) {
  const asked = [];
  began = (ms) => asked.push(ms);
  assert.equal((await fromResponse(respond(`retry: ${retry}\n\n`), { reconnect: () => respond(END) }).result()).answer, "blue");
  return asked[0];
}

test("the server says how long, up to an hour", { timeout: 20_000 }, async () => {
  assert.equal(await waited(4000), 4000);
  // More than a timer can hold, and more than a number can.
  for (const retry of [3_600_001, 3_000_000_000, "9".repeat(400)]) assert.equal(await waited(retry), 3_600_000);
});

test("a run that is cancelled meanwhile leaves no timer, and asks for nothing more", { timeout: 20_000 }, async () => {
  ahead = false;
  const waits = new Promise((resolve) => (began = resolve));
  const run = fromResponse(respond("retry: 4000\n\n"), { reconnect: () => assert.fail("it was asked again") });
  const result = run.result();
  assert.equal(await waits, 4000);
  run.cancel();
  assert.equal(timers.size, 0);
  await assert.rejects(result, { code: "cancelled" });
});
