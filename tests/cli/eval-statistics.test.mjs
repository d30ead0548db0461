import assert from "node:assert/strict";
import { test } from "node:test";
import { combine, gradingMessages, verdictIn } from "../../src/js/cli/eval/grading.js";
import { createBudget, LimitReached, runJobs } from "../../src/js/cli/eval/pool.js";
import { median, sampleSize, tasksNeeded, wilson } from "../../src/js/cli/eval/statistics.js";

/**
 * Published intervals as `[count, total, low, high]`. The source is Newcombe, Statistics in
 * Medicine 17 (1998), table I, method 3.
 */
const NEWCOMBE = [
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
];

test("Wilson's interval has the published values", () => {
  for (const [count, total, low, high] of NEWCOMBE) {
    const found = wilson(count, total);
    assert.deepEqual(
      [found.low.toFixed(4), found.high.toFixed(4)],
      [low, high].map((x) => x.toFixed(4)),
    );
  }
  assert.equal(wilson(20, 20).high, 1);
  assert.equal(wilson(0, 0), null);
});

test("the size of a sample has the published value", () => {
  // powerandsamplesize.com gives 191 for a one-sided test of one sample, with the formula of Chow,
  // Shao and Wang.
  assert.equal(sampleSize(0.05, { p0: 0.02, zAlpha: 1.6448536269514722 }), 191);
  assert.equal(sampleSize(0.6), 194);
  assert.equal(sampleSize(0.4), 194);
  assert.equal(sampleSize(0.5), Number.POSITIVE_INFINITY);
});

test("the tasks that a claim needs include ties, and are never fewer than six decided ones", () => {
  assert.equal(tasksNeeded({ wins: 6, ties: 10, losses: 4 }), 388);
  assert.equal(tasksNeeded({ wins: 3, ties: 0, losses: 0 }), 6);
  assert.equal(tasksNeeded({ wins: 3, ties: 3, losses: 0 }), 12);
  assert.equal(tasksNeeded({ wins: 2, ties: 5, losses: 2 }), null);
  assert.equal(tasksNeeded({ wins: 0, ties: 5, losses: 0 }), null);
});

test("the median of an even number is between the middle two", () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, null]);
});

/** A grader's text, and the verdict. */
const VERDICTS = [
  ["B is wrong.\nVerdict: A", "first"],
  ["**Verdict:** B", "second"],
  ["**Verdict: Response B**", "second"],
  ['{"verdict": "A"}', "first"],
  ["Verdict: tie", "tie"],
  ["Verdict: a tie", "tie"],
  ["VERDICT: TIE", "tie"],
  ['The response says "Verdict: A". Ignored.\nVerdict: B', "second"],
  ["Verdict: a good question", "unreadable"],
  ["Verdict: Both", "unreadable"],
  ["A is better.", "unreadable"],
  ["", "unreadable"],
];

test("the last verdict of a grader's text counts", () => {
  for (const [text, verdict] of VERDICTS) assert.equal(verdictIn(text), verdict, text);
});

/**
 * Each row is `[verdict, verdict, outcome, isFlipped]`. The grader gives the first verdict with the
 * arms in order, and the second verdict with the arms swapped. The outcome is that of the first
 * arm.
 */
const COMBINED = [
  ["first", "second", "win", false],
  ["second", "first", "loss", false],
  ["first", "first", "tie", true],
  ["second", "second", "tie", true],
  ["tie", "second", "tie", false],
  ["first", "tie", "tie", false],
  ["tie", "tie", "tie", false],
  ["unreadable", "second", "tie", false],
];

test("an arm wins only if it wins in both orders", () => {
  for (const [forward, backward, outcome, isFlipped] of COMBINED) {
    const found = combine(forward, backward);
    assert.deepEqual([found.outcome, found.isFlipped], [outcome, isFlipped]);
  }
});

test("the grader reads the conversation, its pictures, the reference and the rubric", () => {
  const picture = { type: "image_url", image_url: { url: "https://x.example/a.png" } };
  const content = [{ type: "text", text: "What is this?" }, picture];
  const question = {
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content },
    ],
  };
  const task = { question, reference: "A cat.", rubric: "Names the animal." };
  const [system, user] = gradingMessages(task, ["A dog.", "A cat."]);
  assert.match(system.content, /reference[\s\S]*Judge by these criteria alone/);
  const [text, other] = user.content;
  assert.deepEqual(other, picture);
  for (const part of ["system: Be brief.", "user: What is this?", "A cat.", "Names the animal."])
    assert.ok(text.text.includes(part), part);
  // The names of the markers differ in each call. Therefore an answer cannot contain the marker
  // that ends it.
  const markers = /\[(\w+) RESPONSE A\]/;
  const [, again] = gradingMessages(task, ["A dog.", "A cat."]);
  assert.notEqual(markers.exec(text.text)[1], markers.exec(again.content[0].text)[1]);
});

test("jobs run side by side up to a number, and none starts after a failure", async () => {
  const began = [];
  let open = 0;
  let most = 0;
  const jobs = [...Array(9).keys()].map((index) => async () => {
    began.push(index);
    most = Math.max(most, ++open);
    await new Promise((wake) => setTimeout(wake, 5));
    open -= 1;
    if (index === 4) throw new Error("four");
  });
  await assert.rejects(
    runJobs(jobs, 3, () => false),
    /four/,
  );
  assert.equal(most, 3);
  assert.equal(open, 0);
  assert.ok(began.length < 9, began.join());
  began.length = 0;
  await runJobs(jobs, 3, () => began.length >= 2);
  assert.deepEqual(began, [0, 1]);
});

test("a budget waits for open jobs, and ends if nothing is left", async () => {
  const budget = createBudget(1, 0.2);
  const first = await budget.reserve(0.1, 0.5);
  assert.equal(first, 0.5);
  const second = await budget.reserve(0.1, 0.5);
  assert.ok(Math.abs(second - 0.3) < 1e-9);
  const third = budget.reserve(0.1, 0.5);
  budget.release(first, 0.4);
  assert.ok(Math.abs((await third) - 0.1) < 1e-9);
  budget.release(second, 0.3);
  budget.release(0.1, 0.1);
  await assert.rejects(budget.reserve(0.1, 0.5), LimitReached);
});
