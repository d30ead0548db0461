import assert from "node:assert/strict";
import { test } from "node:test";
import { changeRows, settleRows } from "../../src/js/cli/live-rows.js";

const started = { type: "run.started", panel: [{ model: "a" }, { model: "b" }] };
const failed = (index, code) => ({
  type: "panelist.failed",
  index,
  error: { code, message: "the run was cancelled" },
});

test("rows: a cancelled model is stopped, and no failure", () => {
  const rows = { panel: [] };
  const events = [started, failed(0, "rate_limited"), failed(1, "cancelled")];
  for (const event of events) changeRows(rows, event);
  changeRows(rows, { type: "analysis.started", model: "d" });
  changeRows(rows, { type: "analysis.failed", error: { code: "cancelled", message: "" } });
  assert.deepEqual(
    settleRows(rows).map(({ name, state, note }) => [name, state, note]),
    [
      ["a", "failed", "rate_limited: the run was cancelled"],
      ["b", "waits", "stopped"],
      ["analyst d", "waits", "stopped"],
    ],
  );
});
