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
  assert.deepEqual(sourcesOf(open), [], "the check is open");
  assert.deepEqual(sourcesOf(done), [{ url: "https://a.example/", title: "A" }]);
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

const source = { url: "https://a.example/", title: "A" };
const started = (fields) => event("run.started", { run_id: "r", panel: [], ...fields });
/** A run with a completed, a failed and an open check, and with a search in each. */
const failure = { code: "timeout", message: "too slow" };
const stopped = after(
  started(),
  compared,
  ...[0, 1, 2].flatMap((index) => [
    check("started", index, { model: "m", attempt: 1 }),
    check("tool", index, { ...tool, status: "started" }),
    check("tool", index, { ...tool, status: "completed" }),
    check("source", index, source),
  ]),
  check("completed", 0, { checked }),
  check("failed", 1, { error: failure }),
  event("usage", { usage: { cost: 1 } }),
  event("warning", { code: "parameter_dropped", message: "no temperature" }),
  event("warning", { code: "degraded_panel", message: "1 of 2" }),
  event("run.failed", { error: failure }),
);
const resumed = reduce(stopped, started());

test("a resumed run keeps the checks, the counts of tools, the usage and the warnings", () => {
  const statuses = (state) => state.checks.map(({ status }) => status);
  assert.deepEqual(statuses(stopped), ["completed", "failed", "stopped"]);
  assert.equal(resumed.checks, stopped.checks);
  assert.equal(resumed.tool_counts, stopped.tool_counts);
  assert.equal(resumed.tool_counts.web_fetch, 3);
  assert.equal(resumed.usage, stopped.usage);
  assert.deepEqual(
    resumed.warnings.map(({ code }) => code),
    ["parameter_dropped", "degraded_panel"],
  );
  const restored = { restored: true };
  const [first, second, third] = [
    event("analysis.completed", { analysis, ...restored }),
    check("completed", 0, { checked, ...restored }),
    event("warning", { code: "parameter_dropped", message: "no temperature" }),
  ].reduce(reduce, resumed).checks;
  assert.deepEqual(
    [first.model, first.attempt, first.tools.length, first.sources, first.restored],
    ["m", 1, 1, [source], true],
  );
  assert.deepEqual([second.error, second.model], [failure, "m"]);
  const again = reduce(resumed, check("started", 2, { model: "m", attempt: 1 })).checks[2];
  assert.deepEqual([third.status, again.status, again.tools], ["stopped", "running", []]);
  // An open check of a state that was saved while the run was open is not running.
  const open = after(started(), compared, check("started", 0, { model: "m", attempt: 1 }));
  assert.deepEqual(statuses(reduce(open, started())), ["stopped"]);
});

test("a resumed run with another analysis has no check of the earlier analysis", () => {
  const [compares, answers] = ["analysis.started", "answer.started"].map((type) =>
    reduce(resumed, event(type, { model: "m", attempt: 1 })),
  );
  assert.deepEqual([compares.checks, answers.checks, answers.analysis.status], [[], [], "skipped"]);
  assert.deepEqual(reduce(stopped, started({ run_id: "other" })).checks, []);
});

test("the warning of a missing panelist ends with its answer, or with another panel", () => {
  const member = { index: 0, model: "a", provider: "p" };
  const warned = after(
    started({ panel: [member] }),
    event("warning", { code: "degraded_panel", message: "1 of 2" }),
  );
  const codes = (...events) => events.reduce(reduce, warned).warnings.map(({ code }) => code);
  const again = started({ panel: [member] });
  const answered = event("panelist.completed", { index: 0, model: "a", content: "A" });
  assert.deepEqual(codes(again), ["degraded_panel"]);
  assert.deepEqual(codes(again, { ...answered, restored: true }), ["degraded_panel"]);
  assert.deepEqual(codes(again, answered), []);
  assert.deepEqual(codes(started({ panel: [{ ...member, model: "b" }] })), []);
  assert.deepEqual(codes(started({ panel: [] })), []);
});
