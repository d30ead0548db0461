// Tests at which times `PollSchedule` polls a run. The test sets the clock and the timers.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { PollSchedule } from "../../src/js/poll-schedule.js";

let now_ms;
let polls;

beforeEach(() => {
  now_ms = 10_000;
  polls = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now_ms);
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

const turn = () => new Promise(setImmediate);
const create = (flush_ms) => new PollSchedule(() => (polls += 1), flush_ms);

/** Advances the clock by `ms` and runs the timers that are due. */
async function pass(ms) {
  now_ms += ms;
  mock.timers.tick(ms);
  await turn();
}

/** Returns a schedule that has just polled. */
async function polled(flush_ms) {
  const schedule = create(flush_ms);
  schedule.onData(true);
  await turn();
  polls = 0;
  return schedule;
}

test("data of several streams in one turn makes one poll", async () => {
  const schedule = create(8);
  for (let stream = 0; stream < 8; stream++) schedule.onData(true);
  assert.equal(polls, 0);
  await turn();
  assert.equal(polls, 1);
});

test("data after a silence is polled in its turn", async () => {
  const schedule = await polled(8);
  now_ms += 4;
  schedule.onData(false);
  await turn();
  assert.equal(polls, 1);
});

test("data soon after a poll waits until `flush_ms` after this poll", async () => {
  const schedule = await polled(8);
  await pass(1);
  schedule.onData(false);
  await pass(2);
  schedule.onData(false);
  await pass(4);
  assert.equal(polls, 0);
  await pass(1);
  assert.equal(polls, 1);
});

test("waiting data is polled with data that needs a poll now", async () => {
  const schedule = await polled(8);
  schedule.onData(false);
  schedule.onData(true);
  await turn();
  assert.equal(polls, 1);
  await pass(100);
  assert.equal(polls, 1);
});

test("waiting data is polled with a wake of the core", async () => {
  const schedule = await polled(8);
  schedule.onData(false);
  schedule.soon();
  await turn();
  assert.equal(polls, 1);
  await pass(100);
  assert.equal(polls, 1);
});

test("with `flush_ms: 0`, data never waits for a timer", async () => {
  const schedule = await polled(0);
  schedule.onData(false);
  await turn();
  assert.equal(polls, 1);
});

test("a schedule that was stopped has no timer", async () => {
  const schedule = await polled(8);
  schedule.onData(false);
  schedule.stop();
  await pass(100);
  assert.equal(polls, 0);
});
