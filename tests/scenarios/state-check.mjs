// Checks `reduce()` with the events of every run. The state after all events equals the result.
// `reduce()` changes no argument, and accepts every prefix of the events.

import { initialState, reduce, sourcesOf } from "../../src/js/state/reduce.js";
import { equal, ok, same } from "./assert.mjs";

/** Freezes a value and all values in it. */
function deepFreeze(value) {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) deepFreeze(item);
  return value;
}

/** Reduces events. Freezes each event and each state, so that a change throws an error. */
export const reduceFrozen = (events, state = initialState()) =>
  events.reduce((before, event) => deepFreeze(reduce(before, deepFreeze(event))), state);

/** Checks the events of a whole run. */
export function checkState(events) {
  const copies = structuredClone(events);
  const last = copies.pop();
  const before = reduceFrozen(copies);
  same(reduce(before, deepFreeze({ ...last, type: "a.type.of.tomorrow" })), before);
  const after = reduceFrozen([last], before);
  if (last.type === "run.failed") {
    equal([after.status, after.error], ["failed", last.error]);
  } else {
    checkResult(before, last.result);
    checkResult(after, last.result);
    equal([after.status, after.result], ["completed", last.result]);
    equal([after.answer.message, after.usage], [last.result.message, last.result.usage]);
  }
  const live = ["waiting", "queued", "started", "thinking", "calling_tool", "writing", "retrying"];
  ok(
    after.panel.every(({ status }) => !live.includes(status)),
    "a panelist is still at work",
  );
  const parts = [after.analysis, after.answer, ...after.checks];
  ok(!parts.some(({ status }) => status === "running"), "a part still runs");
}

/**
 * Compares a state with a result. If an answer was restored from a snapshot, its sources are only
 * in the result.
 */
function checkResult(state, result) {
  const { panel, analysis, answer, status } = state;
  const responses = panel.filter(({ status }) => status === "completed");
  const isRestored = analysis.restored || answer.restored || panel.some((p) => p.restored);
  const withSources = status === "completed" || !isRestored;
  equal(
    responses.map(({ index, model, content, sources, usage, finish_reason, partial, error }) => ({
      ...{ index, model, content, usage, finish_reason },
      ...(partial && { partial, error }),
      ...(withSources && { sources }),
    })),
    result.responses.map(({ sources, ...response }) => ({
      ...response,
      ...(withSources && { sources }),
    })),
    "the responses",
  );
  equal(
    panel
      .filter(({ status }) => status === "failed")
      .map(({ index, model, error: { code, message: error, status_code } }) => {
        return { index, model, code, error, status_code };
      }),
    [...result.failed_models].sort((a, b) => a.index - b.index),
    "the failed models",
  );
  equal(analysis.result, result.analysis ?? null, "the analysis");
  if (result.analysis) {
    equal(
      analysis.items.map(({ item }) => item),
      Object.values(result.analysis).flat(),
      "the items",
    );
  }
  const contradictions = result.analysis?.contradictions ?? [];
  equal(
    state.checks
      .filter(({ status }) => status === "completed")
      .map(({ index, checked }) => [index, checked])
      .sort(([a], [b]) => a - b),
    contradictions.flatMap(({ checked }, index) => (checked ? [[index, checked]] : [])),
    "the checks",
  );
  equal([answer.content, answer.tool_calls], [result.answer, result.tool_calls], "the answer");
  if (!isRestored) equal(sourcesOf(state), result.sources, "the sources");
}
