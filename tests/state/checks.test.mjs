// Tests reduce() with the events of checks of contradictions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { initialState, reduce, sourcesOf } from "../../src/js/state/reduce.js";

const contradiction = (topic) => ({ topic, stances: [] });
const analysis = {
  consensus: [],
  contradictions: [contradiction("Colour"), contradiction("Cause")],
  partial_coverage: [],
  unique_insights: [],
  blind_spots: [],
};
const evidence = [{ url: "https://a.example/", quote: "It is blue.", verified: true }];
const checked = { stances: [{ verdict: "supported", evidence }] };

const event = (type, fields) => ({ type, elapsed_ms: 0, ...fields });
const check = (type, index, fields) => event(`verification.${type}`, { index, ...fields });
const after = (...events) => events.reduce(reduce, initialState());
const compared = event("analysis.completed", { analysis });
const tool = { tool: "web_fetch", input: "{}" };

test("a check has its attempt, tools and sources, and its outcome is in the analysis", () => {
  const open = after(
    compared,
    check("started", 1, { model: "m", attempt: 1 }),
    check("tool", 1, { ...tool, status: "started" }),
    check("tool", 1, { ...tool, status: "completed" }),
    check("source", 1, { url: "https://a.example/", title: "A" }),
  );
  const [state] = open.checks;
  assert.deepEqual([state.index, state.status, state.model], [1, "running", "m"]);
  assert.deepEqual([state.tools.length, state.sources.length], [1, 1]);
  assert.equal(open.tool_counts.web_fetch, 1);
  const retried = reduce(open, check("started", 1, { model: "n", attempt: 2 }));
  assert.deepEqual([retried.checks[0].tools, retried.checks[0].model], [[], "n"]);
  const done = reduce(open, check("completed", 1, { checked }));
  assert.deepEqual([done.checks[0].status, done.checks[0].checked], ["completed", checked]);
  assert.deepEqual(done.analysis.result.contradictions[1].checked, checked);
  assert.deepEqual(done.analysis.items[1].item.checked, checked);
  assert.equal(done.analysis.result.contradictions[0], analysis.contradictions[0]);
  assert.equal(open.analysis.result, analysis, "the earlier state is unchanged");
  assert.deepEqual(sourcesOf(done), [{ url: "https://a.example/", title: "" }]);
});

test("a failed check keeps its error, and an open one is stopped at the end of the run", () => {
  const error = { code: "timeout", message: "too slow" };
  const ended = after(
    compared,
    check("started", 0, { model: "m", attempt: 1 }),
    check("started", 1, { model: "m", attempt: 1 }),
    check("failed", 0, { error }),
    event("run.failed", { error }),
  );
  assert.deepEqual(
    ended.checks.map(({ status, error }) => [status, error]),
    [
      ["failed", error],
      ["stopped", null],
    ],
  );
});

test("a stream that began late has the checks of the result", () => {
  const contradictions = [analysis.contradictions[0], { ...contradiction("Cause"), checked }];
  const result = { analysis: { ...analysis, contradictions }, responses: [], failed_models: [] };
  const { checks } = after(event("run.completed", { result }));
  assert.deepEqual(
    checks.map(({ index, status, checked }) => [index, status, checked]),
    [[1, "completed", checked]],
  );
});

test("fields of a wrong type change nothing", () => {
  const state = after(compared);
  for (const fields of [{}, { checked: 5 }, { checked: null }]) {
    assert.equal(reduce(state, check("completed", -1, fields)), state);
    assert.equal(reduce(state, check("completed", 0, fields)), state);
  }
  const unknown = reduce(state, check("completed", 7, { checked }));
  assert.equal(unknown.analysis, state.analysis, "there is no such contradiction");
});
