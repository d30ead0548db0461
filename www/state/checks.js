// The checks of a turn's disagreements. The outcome of a check is in the turn's findings.

/**
 * Begins a run that only checks disagreements. The start is stored, so that an interrupted check is
 * known after a reload. The checks wait no longer.
 */
export function beginCheck(turn, indexes) {
  const others = (turn.comparison.checks ?? []).filter(({ index }) => !indexes.includes(index));
  const begun = indexes.map((index) => ({ index, status: "running", tools: [], error: null }));
  turn.comparison.checks = [...others, ...begun];
  // Earlier versions of this page stored no list.
  turn.waitingChecks = (turn.waitingChecks ?? []).filter((index) => !indexes.includes(index));
  turn.last = Date.now();
}

/**
 * Writes the end of a run that only checks disagreements.
 * @param indexes the disagreements that were to be checked
 */
export function closeChecks(comparison, { indexes, state, error }) {
  stopChecks(comparison, state === "interrupted" ? state : "stopped");
  if (state === "interrupted") {
    // The events of the run say only that its checks were stopped.
    const isCut = ({ index, status }) => status === "stopped" && indexes.includes(index);
    comparison.checks = comparison.checks.map((one) =>
      isCut(one) ? { ...one, status: state } : one,
    );
  }
  if (state !== "failed") return;
  const isOver = ({ index, status }) => status === "completed" && indexes.includes(index);
  const done = comparison.checks.filter(isOver).map(({ index }) => index);
  const failed = indexes.filter((index) => !done.includes(index));
  const others = comparison.checks.filter(({ index }) => !failed.includes(index));
  const added = failed.map((index) => ({ index, status: "failed", tools: [], error }));
  comparison.checks = [...others, ...added];
}

/** @param status stopped, or interrupted if the page was closed */
export function stopChecks(comparison, status = "stopped") {
  // Earlier versions of this page stored no checks.
  const stop = (check) => (check.status === "running" ? { ...check, status } : check);
  comparison.checks = (comparison.checks ?? []).map(stop);
}

/** Returns what the page stores of a check. */
export function checkOf({ index, status, tools, error }) {
  const isStopped = status === "failed" && error?.code === "cancelled";
  return { index, status: isStopped ? "stopped" : status, tools, error };
}
