// Manages the checks of disagreements that a person starts. While a run is in progress, the checks
// wait until the run has ended.
import { estimate } from "llm-fuse/url";
import { emptyModelList } from "./estimate.js";
import { budgetOf, checkingAnalyst, modelFor } from "./state/rerun.js";
import { dollars, modelName, roughly } from "./text/format.js";

const DEFAULT_CALLS = 4;

/**
 * @param check `(turn, indexes, conversation)` starts the checks of a finished turn
 * @param planRerun see `createApp()`
 * @param isBusy `(turn)` returns whether a run of this turn is in progress
 * @param onChange `(turn, conversation)` draws the comparison again, and stores the turn.
 *   Without a conversation, the turn is in the shown one
 */
export function createCheckQueue({ check, planRerun, isBusy, onChange }) {
  /** Earlier versions of this page stored no list. */
  const waitingOf = (turn) => turn.waitingChecks ?? [];

  function setWaiting(turn, indexes, conversation) {
    Object.assign(turn, { waitingChecks: indexes, last: Date.now() });
    onChange(turn, conversation);
  }

  return {
    /** Checks a disagreement now, or after the run in progress. */
    start(turn, index) {
      if (isBusy(turn)) setWaiting(turn, [...waitingOf(turn), index]);
      else check(turn, [index]);
    },
    cancel(turn, index) {
      setWaiting(
        turn,
        waitingOf(turn).filter((other) => other !== index),
      );
    },
    isWaiting: (turn, index) => waitingOf(turn).includes(index),
    isBusy,
    /**
     * Starts the checks that have waited for the end of a run, if the run ended by itself. If the
     * person stopped the run, no check waits any longer. If a check cannot start, it still waits.
     * @param conversation of the turn
     * @param stopReason "stopped" or "interrupted", or null if the run ended by itself
     */
    continue(turn, conversation, stopReason) {
      const indexes = waitingOf(turn);
      if (indexes.length === 0) return;
      if (stopReason === "stopped") setWaiting(turn, [], conversation);
      // A run that has ended early can continue.
      else if (stopReason === null && turn.state === "done") check(turn, indexes, conversation);
    },
    /** Resolves with a sentence about the tool calls and the cost of a check. */
    price: (turn, index) => priceOf(turn, index, planRerun),
  };
}

async function priceOf(turn, index, planRerun) {
  const model = modelFor(turn, "analyst");
  const { request } = turn.snapshot;
  const calls = request.max_tool_calls ?? DEFAULT_CALLS;
  const name = model ? modelName(model).name : "The analyst";
  const work = `${name} opens web pages, with up to ${calls} tool calls.`;
  const budget = budgetOf(turn);
  const limit = budget ? ` The check counts toward your limit of ${dollars(budget)}.` : "";
  return `${work} ${await amountOf(turn, index, planRerun(turn, model ? [model] : []))}${limit}`;
}

async function amountOf(turn, index, { options }) {
  const unknown = "Its price is not known.";
  if (!options) return unknown;
  const request = { resume: turn.snapshot, analyst: checkingAnalyst(turn, [index]) };
  try {
    const { by_stage, ...all } = await estimate(request, { ...options, fetch: emptyModelList });
    const { expected, high } = by_stage.verification ?? {};
    if (all.unknown.length > 0 || expected === undefined) return unknown;
    return high === 0 ? "Free." : `Estimate: about ${roughly(expected)}, at most ${roughly(high)}.`;
  } catch {
    return unknown;
  }
}
