// Tests reduce() with the events of runs with `escalate`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sourcesOf } from "../../src/js/state/index.js";
import { reduceFrozen } from "../scenarios/state-check.mjs";

const started = (fields) => ({
  type: "run.started",
  run_id: "r",
  seed: 7,
  panel: [
    { index: 0, model: "a/one", provider: "p" },
    { index: 1, model: "b/two", provider: "p" },
  ],
  analyst: "c/analyst",
  writer: "d/writer",
  ...fields,
});
const panelist = (type, index, fields) => ({ type: `panelist.${type}`, index, ...fields });

const further = [{ index: 2, model: "e/three", provider: "p" }];
const found = (topic) => ({
  consensus: [],
  contradictions: [{ topic, stances: [] }],
  partial_coverage: [],
  unique_insights: [],
  blind_spots: [],
});
const analysisOf = (round, source) => [
  { type: "analysis.started", model: "c/analyst", attempt: round, order: [1, 0], round },
  { type: "analysis.source", url: source, title: "t", round },
];
/** The events of the first round. Both panelists have answered, and the run has not decided yet. */
const firstRound = [
  started({ further }),
  panelist("completed", 0, { model: "a/one", content: "A", usage: {}, latency_ms: 1 }),
  panelist("completed", 1, { model: "b/two", content: "B", usage: {}, latency_ms: 1 }),
  ...analysisOf(1, "https://one.example"),
  { type: "analysis.completed", analysis: found("first"), round: 1 },
];
const escalated = {
  type: "panel.escalated",
  panel: further,
  reason: "contradictions",
  contradictions: 1,
};
const urls = (state) => sourcesOf(state).map(({ url }) => url);

test("further panelists join the panel when they are asked, and both analyses stay", () => {
  assert.equal(reduceFrozen([started()]).escalation, null, "without escalate");
  const open = reduceFrozen(firstRound);
  assert.deepEqual([open.escalation.status, open.escalation.further], ["open", further]);
  assert.equal(open.panel.length, 2);
  const asked = reduceFrozen([escalated], open);
  assert.deepEqual(
    [asked.escalation.status, asked.escalation.reason, asked.escalation.contradictions],
    ["escalated", "contradictions", 1],
  );
  assert.deepEqual([asked.panel.length, asked.panel[2].status], [3, "waiting"]);
  assert.equal(asked.analysis.round, 1);
  const compared = reduceFrozen(
    [
      ...analysisOf(2, "https://two.example"),
      { type: "analysis.completed", analysis: found("second"), round: 2 },
    ],
    asked,
  );
  assert.deepEqual([compared.analysis.round, compared.analysis.result], [2, found("second")]);
  assert.deepEqual(compared.escalation.first_analysis.result, found("first"));
  assert.deepEqual(urls(compared), ["https://one.example", "https://two.example"]);
});

test("a panel that settles keeps its analysis and adds no panelist", () => {
  const event = { type: "panel.settled", reason: "agreement", contradictions: 0 };
  const settled = reduceFrozen([...firstRound, event]);
  assert.deepEqual([settled.escalation.status, settled.panel.length], ["settled", 2]);
  assert.equal(settled.escalation.first_analysis, null);
  assert.deepEqual(settled.analysis.result, found("first"));
});

test("the first analysis stands if the second one fails or never starts", () => {
  const error = { code: "provider_error", message: "no JSON" };
  const failed = (next) => ({ type: "analysis.failed", error, round: 2, ...next });
  const begin = [...firstRound, escalated, ...analysisOf(2, "https://two.example")];
  const stands = reduceFrozen([...begin, failed()]);
  assert.deepEqual(
    [stands.analysis.status, stands.analysis.round, stands.analysis.error],
    ["completed", 1, error],
  );
  assert.deepEqual(
    [stands.analysis.result, urls(stands)],
    [found("first"), ["https://one.example"]],
  );
  assert.equal(reduceFrozen([...begin, failed({ next: "f/b" })]).analysis.status, "running");
  const answer = { type: "answer.started", model: "d/writer", attempt: 1 };
  const skipped = reduceFrozen([...firstRound, escalated, answer]);
  assert.deepEqual(skipped.analysis.result, found("first"));
});

test("a resumed run keeps the reasoning of both rounds", () => {
  const thinks = (round, delta) => ({ type: "analysis.reasoning", round, delta });
  const [first, second] = [found("first"), found("second")];
  const before = reduceFrozen([
    ...firstRound.slice(0, 4),
    thinks(1, "one"),
    { type: "analysis.completed", analysis: first, round: 1 },
    escalated,
    panelist("reasoning", 2, { delta: "hm" }),
    panelist("completed", 2, { model: "e/three", content: "C", usage: {}, latency_ms: 1 }),
    ...analysisOf(2, "https://two.example"),
    thinks(2, "two"),
    { type: "analysis.completed", analysis: second, round: 2 },
  ]);
  const restored = { restored: true };
  const after = reduceFrozen(
    [
      started({ further }),
      { type: "analysis.completed", analysis: first, round: 1, ...restored },
      { ...escalated, ...restored },
      panelist("completed", 2, { model: "e/three", content: "C", usage: {}, ...restored }),
      { type: "analysis.completed", analysis: second, round: 2, ...restored },
    ],
    before,
  );
  assert.deepEqual([after.panel[2].reasoning, after.panel.length], ["hm", 3]);
  const { analysis, escalation } = after;
  assert.deepEqual([analysis.reasoning, analysis.result], ["two", second]);
  const { reasoning, result } = escalation.first_analysis;
  assert.deepEqual([reasoning, result], ["one", first]);
});
