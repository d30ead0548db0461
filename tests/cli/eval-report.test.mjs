import assert from "node:assert/strict";
import { test } from "node:test";
import { latencyOf, sumOfCosts } from "../../src/js/cli/eval/costs.js";
import { featuresOf } from "../../src/js/cli/eval/features.js";

const call = (stage, latency_ms, cost, more) => ({ stage, latency_ms, cost, ...more });

/** Returns a comparison with this outcome. Its fusion has this snapshot. */
const match = (outcome, snapshot) => ({
  compared: outcome && { outcome },
  entry: { state: { fusion: { snapshot: { answer: {}, activity: [], ...snapshot } } } },
});

const stances = (...verdicts) => ({
  checked: { stances: verdicts.map((verdict) => ({ verdict, evidence: [] })) },
});

test("the features say what they did, and how the fusion fared there", () => {
  const escalated = [call("panel", 1, 0.1, { index: 2 }), call("analysis", 1, 0.2, { round: 2 })];
  const matches = [
    match("win", {
      activity: [
        call("panel", 1, 1, { index: 0 }),
        call("analysis", 1, 1, { round: 1 }),
        ...escalated,
      ],
      analysis: {
        consensus: [{ survived: true }, { survived: false }],
        contradictions: [{ survived: true, ...stances("supported", "refuted") }],
      },
    }),
    match("loss", {
      activity: [call("verification", 1, 0.5, { index: 0 })],
      analysis: { consensus: [{ survived: true }], contradictions: [stances("unresolved")] },
    }),
    match("tie", { analysis: null }),
    match(undefined, { analysis: { contradictions: [] } }),
  ];
  const request = { analyst: { passes: 2, verify: "contradictions" }, escalate: {} };
  const features = featuresOf(matches, { request, members: ["a", "b"] });
  const found = Object.fromEntries(features.map((feature) => [feature.name, feature]));
  assert.deepEqual(Object.keys(found), ["analysis", "second_pass", "escalate", "verify"]);
  assert.equal(found.analysis.did, "2 contradictions, failed in 1 tasks");
  assert.deepEqual([found.analysis.on, found.analysis.acted, found.analysis.cost], [4, 2, 1.2]);
  assert.deepEqual(found.analysis.where_acted, { wins: 1, ties: 0, losses: 1 });
  assert.deepEqual(found.analysis.elsewhere, { wins: 0, ties: 1, losses: 0 });
  assert.equal(found.second_pass.did, "1 of 4 items not found again");
  assert.deepEqual(found.second_pass.where_acted, { wins: 1, ties: 0, losses: 0 });
  assert.equal(found.escalate.did, "asked in 1 of 4 tasks");
  assert.ok(Math.abs(found.escalate.cost - 0.3) < 1e-12);
  assert.equal(found.verify.did, "1 stances supported, 1 refuted, 1 unresolved");
  assert.deepEqual([found.verify.acted, found.verify.cost], [1, 0.5]);
});

test("features that are off have no row", () => {
  const features = featuresOf([match("win", { analysis: null })], { request: {}, members: ["a"] });
  assert.deepEqual(
    features.map(({ name }) => name),
    ["analysis"],
  );
});

test("the time of a run is that of its slowest calls, stage after stage", () => {
  const activity = [
    call("panel", 10, 0, { index: 0 }),
    call("panel", 5, 0, { index: 1 }),
    call("panel", 6, 0, { index: 1 }),
    call("panel", 100, 0, { index: 2 }),
    call("analysis", 1000, 0),
    call("verification", 3000, 0, { index: 0 }),
    call("verification", 2000, 0, { index: 1 }),
    call("answer", 20000, 0),
  ];
  assert.equal(latencyOf(activity, 2), 11 + 100 + 1000 + 3000 + 20000);
});

test("a sum of costs is exact, and unknown if one of them is", () => {
  assert.equal(sumOfCosts([0.1, 0.2]), 0.3);
  assert.equal(sumOfCosts([0.1, null]), null);
});
