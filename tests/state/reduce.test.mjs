// Tests reduce(). Tests which objects stay the same, attempts that a new attempt replaces, and
// unexpected values. Counts the steps of reduce(), because measured times vary.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { initialState, reduce, sourcesOf } from "../../src/js/state/index.js";
import { checkState, reduceFrozen } from "../scenarios/state-check.mjs";

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
const begun = reduceFrozen([
  started(),
  panelist("started", 0, { model: "a/one", attempt: 1, elapsed_ms: 5 }),
]);

for (const name of ["main", "tools"]) {
  test(`golden run ${name}: its events are its result, and any prefix has a state`, async () => {
    const file = new URL(`../golden/${name}.json`, import.meta.url);
    const events = JSON.parse(await readFile(file, "utf8"));
    checkState(events);
    for (let length = 0; length <= events.length; length++) {
      const state = reduceFrozen(events.slice(0, length));
      assert.doesNotThrow(() => structuredClone(state));
      // A run may fail after any event.
      const error = { code: "cancelled", message: "the run was cancelled" };
      assert.equal(reduce(state, { type: "run.failed", error }).status, "failed");
    }
    // A stream may begin late, so that earlier events are missing.
    for (let from = 1; from < events.length; from++) reduceFrozen(events.slice(from));
  });
}

test("parts that an event does not change keep their identity", () => {
  const next = reduce(begun, panelist("delta", 0, { delta: "Blue" }));
  assert.notEqual(next.panel[0], begun.panel[0]);
  for (const name of ["analysis", "answer", "warnings", "tool_counts"]) {
    assert.equal(next[name], begun[name], name);
  }
  assert.equal(next.panel[1], begun.panel[1]);
  const answered = reduce(next, { type: "answer.delta", delta: "x" });
  assert.equal(answered.panel, next.panel);
  const again = panelist("delta", 0, { delta: "" });
  assert.equal(reduce(next, again), next, "an empty delta");
  const source = panelist("source", 0, { url: "u", title: "t" });
  const cited = reduce(next, source);
  assert.equal(reduce(cited, source), cited, "a known source");
  for (const event of [{ type: "panelist.dreaming", index: 0 }, { type: "x" }, {}, null, 5]) {
    assert.equal(reduce(next, event), next);
  }
});

test("a new attempt voids text, reasoning, tools and sources of the one before", () => {
  const state = reduceFrozen(
    [
      panelist("reasoning", 0, { delta: "Hm." }),
      panelist("tool", 0, { tool: "web_search", status: "started", input: "{}" }),
      panelist("tool", 0, { tool: "web_search", status: "completed", input: "{}", summary: "2" }),
      panelist("source", 0, { url: "https://a.example/", title: "" }),
      panelist("delta", 0, { delta: "Half" }),
    ],
    begun,
  );
  const [before] = state.panel;
  assert.deepEqual(
    [before.content, before.reasoning, before.tools, before.sources.length, before.status],
    [
      "Half",
      "Hm.",
      [{ tool: "web_search", status: "completed", input: "{}", summary: "2" }],
      1,
      "writing",
    ],
  );
  const retrying = panelist("retrying", 0, {
    ...{ attempt: 1, model: "a/one", next_model: "a/other", delay_ms: 10 },
    error: { code: "rate_limited", message: "slow" },
  });
  const waits = reduce(state, retrying).panel[0];
  assert.deepEqual(
    [waits.status, waits.retry.model, waits.content],
    ["retrying", "a/other", "Half"],
  );
  const [after] = reduceFrozen(
    [retrying, panelist("started", 0, { model: "a/other", attempt: 2, elapsed_ms: 90 })],
    state,
  ).panel;
  assert.deepEqual(
    [after.content, after.reasoning, after.tools, after.sources, after.retry, after.attempt],
    ["", "", [], [], null, 2],
  );
  assert.deepEqual([after.model, after.model_used, after.started_ms], ["a/one", "a/other", 5]);
  const { tool_counts } = reduce(state, started({ run_id: "other" }));
  assert.deepEqual(tool_counts, { web_search: 0, web_fetch: 0 });
  assert.equal(reduce(state, started()).tool_counts, state.tool_counts, "a resumed run");
  assert.deepEqual(state.tool_counts, { web_search: 1, web_fetch: 0 }, "counts of all attempts");
});

test("a new attempt of the analyst voids its items, and a second pass keeps them", () => {
  const item = { type: "analysis.item", kind: "blind_spots", item: { point: "cost" } };
  const start = (fields) => ({ type: "analysis.started", model: "c", order: [1, 0], ...fields });
  const first = reduceFrozen([started(), start({ attempt: 1 }), item]);
  assert.deepEqual(first.analysis.items, [{ kind: "blind_spots", item: { point: "cost" } }]);
  assert.deepEqual(reduce(first, start({ attempt: 2 })).analysis.items, []);
  const second = reduce(first, start({ attempt: 1, pass: 2 })).analysis;
  assert.deepEqual([second.items.length, second.pass], [1, 2]);
  const analysis = { consensus: [{ point: "blue" }], blind_spots: [] };
  const done = reduce(first, { type: "analysis.completed", analysis }).analysis;
  assert.deepEqual(
    [done.status, done.items, done.result],
    ["completed", [{ kind: "consensus", item: { point: "blue" } }], analysis],
  );
  const failed = { type: "analysis.failed", error: { code: "timeout", message: "" }, next: "e" };
  assert.equal(reduce(first, failed).analysis.status, "running");
  assert.equal(reduce(first, { ...failed, next: undefined }).analysis.status, "failed");
});

test("the answer: a new attempt voids it, and an analysis that never began is skipped", () => {
  const start = { type: "answer.started", model: "d/writer", attempt: 1 };
  const call = { type: "answer.tool_call", id: "1", name: "note", arguments: "{}" };
  const state = reduceFrozen([started(), start, { type: "answer.delta", delta: "Yes" }, call]);
  assert.deepEqual([state.analysis.status, state.answer.content], ["skipped", "Yes"]);
  assert.deepEqual(state.answer.tool_calls, [{ id: "1", name: "note", arguments: "{}" }]);
  const again = reduce(state, { ...start, attempt: 2 }).answer;
  assert.deepEqual([again.content, again.tool_calls, again.attempt], ["", [], 2]);
});

test("the end of a run ends its parts", () => {
  const state = reduceFrozen(
    [
      panelist("completed", 1, { model: "b/two", content: "Azure", usage: null }),
      { type: "analysis.started", model: "c", attempt: 1, order: [] },
      { type: "answer.started", model: "d", attempt: 1 },
      { type: "run.failed", error: { code: "writer_failed", message: "no" } },
    ],
    begun,
  );
  assert.deepEqual(
    [...state.panel, state.analysis, state.answer, state].map(({ status }) => status),
    ["stopped", "completed", "stopped", "stopped", "failed"],
  );
});

test("a resumed run keeps what its events do not repeat", () => {
  const source = { url: "https://a.example/", title: "A" };
  const usage = { cost: 1 };
  const done = panelist("completed", 0, { model: "a/one", content: "Blue", usage });
  const first = reduceFrozen(
    [panelist("reasoning", 0, { delta: "Hm." }), panelist("source", 0, source), done],
    begun,
  );
  const resumed = reduce(first, started());
  assert.deepEqual([resumed.panel[0].reasoning, resumed.panel[0].content], ["Hm.", ""]);
  const [restored] = reduce(resumed, { ...done, restored: true }).panel;
  assert.deepEqual(
    [restored.content, restored.sources, restored.restored],
    ["Blue", [source], true],
  );
  assert.equal(reduce(first, started({ run_id: "other" })).panel[0].reasoning, "");
  const other = [{ index: 0, model: "x/other", provider: "p" }];
  assert.equal(reduce(first, started({ panel: other })).panel[0].reasoning, "");
  const asked = panelist("started", 0, { model: "a/one", attempt: 1 });
  assert.equal(reduce(resumed, asked).panel[0].reasoning, "", "asked again");
  // Only the result contains the sources of a restored answer.
  const responses = [{ index: 0, model: "a/one", content: "Blue", sources: [source], usage }];
  const fresh = reduceFrozen([started(), { ...done, restored: true }]);
  const ended = reduce(fresh, { type: "run.completed", result: { responses, answer: "Blue." } });
  assert.deepEqual([ended.panel[0].sources, sourcesOf(ended)], [[source], [source]]);
});

test("a title that comes later completes a source", () => {
  const cite = (title) => panelist("source", 0, { url: "https://a.example/", title });
  const state = reduceFrozen([cite(""), cite("A"), cite("B")], begun);
  assert.deepEqual(state.panel[0].sources, [{ url: "https://a.example/", title: "A" }]);
});

test("any value in any field: never throws, and the state can be cloned", () => {
  const odd = [
    undefined,
    null,
    5,
    NaN,
    true,
    "s",
    "__proto__",
    {},
    [],
    [null, [5]],
    [{ index: 0 }],
  ];
  const whole = { index: 0, model: "m", delta: "d", content: "c", url: "u", title: "t" };
  const more = { tool: "x", status: "completed", input: "", usage: {}, error: {}, item: {} };
  const types = [
    ...["started", "panel", "completed", "failed"].map((type) => `run.${type}`),
    ...["queued", "started", "reasoning", "delta", "tool", "source", "retrying", "completed"].map(
      (type) => `panelist.${type}`,
    ),
    ...["panelist.failed", "usage", "warning"],
    ...["started", "reasoning", "tool", "source", "item", "completed", "failed"].map(
      (type) => `analysis.${type}`,
    ),
    ...["started", "reasoning", "delta", "source", "tool_call", "completed"].map(
      (type) => `answer.${type}`,
    ),
  ];
  for (const type of types) {
    const event = { type, ...whole, ...more, panel: [], order: [], analysis: {}, result: {} };
    for (const field of Object.keys(event)) {
      for (const value of odd) {
        const state = reduceFrozen([{ ...event, [field]: value }], begun);
        structuredClone(state);
        assert.equal(typeof state.panel, "object");
        assert.ok(
          state.panel.every(({ content, sources }) => content !== null && sources.length >= 0),
        );
      }
    }
  }
});

test("each list has at most 1,000 items, and later events cost no copy", () => {
  const kinds = {
    sources: (i) => panelist("source", 0, { url: `https://a.example/${i}`, title: "" }),
    tools: (i) => panelist("tool", 0, { tool: "t", status: "started", input: `${i}` }),
  };
  for (const [list, event] of Object.entries(kinds)) {
    let state = begun;
    for (let i = 0; i < 1_000; i++) state = reduce(state, event(i));
    assert.equal(state.panel[0][list].length, 1_000);
    const full = state.panel[0][list];
    for (let i = 1_000; i < 5_000; i++) state = reduce(state, event(i));
    assert.equal(state.panel[0][list], full);
  }
  let state = initialState();
  for (let i = 0; i < 1_500; i++) state = reduce(state, panelist("delta", i, { delta: "x" }));
  assert.equal(state.panel.length, 1_000);
});

test("a text of 200,000 deltas is not copied with each of them", () => {
  // If each delta copied the whole text, this test would take minutes.
  let state = begun;
  const event = panelist("delta", 0, { delta: "word" });
  for (let i = 0; i < 200_000; i++) state = reduce(state, event);
  assert.equal(state.panel[0].content.length, 800_000);
});

test("lists of whole analyses and results have at most 1,000 items", () => {
  const many = (item) => Array.from({ length: 1_500 }, (_, i) => item(i));
  const analysis = { consensus: many((i) => ({ point: `${i}` })) };
  const state = reduceFrozen(
    [
      { type: "analysis.started", order: many((i) => i) },
      { type: "analysis.completed", analysis },
      {
        type: "run.completed",
        result: {
          responses: [{ index: 0, sources: many((i) => ({ url: `u${i}`, title: "" })) }],
          tool_calls: many((i) => ({ id: `${i}` })),
        },
      },
    ],
    begun,
  );
  assert.deepEqual(
    [
      state.analysis.order.length,
      state.analysis.items.length,
      state.panel[0].sources.length,
      state.answer.tool_calls.length,
    ],
    [1_000, 1_000, 1_000, 1_000],
  );
});

test("equal values at the end keep their identity, and no value throws", () => {
  const usage = { cost: 1 };
  const before = reduceFrozen([{ type: "usage", usage }], begun);
  const after = reduce(before, { type: "run.completed", result: { usage: { cost: 1 } } });
  assert.equal(after.usage, usage);
  const failure = { type: "run.failed", error: { code: "x", message: "" } };
  const failed = reduce(before, failure);
  assert.equal(reduce(failed, structuredClone(failure)), failed);
  const unknown = { type: "panelist.future.tool", index: 0, tool: "web_search" };
  assert.equal(reduce(before, unknown), before);
  const loop = {};
  loop.loop = loop;
  for (const usage of [{ cost: 10n }, loop]) {
    const responses = [{ index: 0, usage }];
    const state = reduce(before, { type: "run.completed", result: { responses, usage } });
    assert.deepEqual([state.panel[0].usage, state.usage], [usage, usage]);
  }
});
