// Runs one turn. Writes the run's events into the turn, and reports which part has changed.
import { fuse } from "llm-fuse/url";
import { apply, end } from "./turn.js";

const KEEP_MS = 2000;

/**
 * This function is long because its inner functions share the run and the reason to cancel it.
 * @param planned `{ request, options }` for `fuse()`
 * @param handlers
 *   - `onUpdate`: called with the changed part of the turn, see `apply()`, and with the event
 *   - `onCheckpoint`: called with the turn at each checkpoint, every 2 s while events arrive, and
 *     at the end of the run
 *   - `applyEvent`, `endTurn`: functions that replace `apply()` and `end()`
 */
export function startSession(turn, { request, options }, handlers) {
  const { onUpdate, onCheckpoint, ...own } = handlers;
  const { applyEvent, endTurn } = { applyEvent: apply, endTurn: end, ...own };
  const run = fuse(request, {
    ...options,
    onSnapshot(snapshot) {
      turn.snapshot = snapshot;
      onCheckpoint(turn);
    },
  });
  let stopReason = null;
  let hasStarted = false;

  /** Stores the text that is shown, so that little of it is lost if the page crashes. */
  function keepRegularly() {
    let stored = turn.last;
    return setInterval(() => {
      if (stored === turn.last) return;
      stored = turn.last;
      onCheckpoint(turn);
    }, KEEP_MS);
  }

  async function follow() {
    // Let the page draw the question first. Starting eight calls takes as long as a frame.
    await new Promise((resolve) => setTimeout(resolve));
    const keeping = keepRegularly();
    try {
      for await (const event of run) {
        onUpdate(applyEvent(turn, event), event);
        if (event.type !== "run.started") continue;
        hasStarted = true;
        // Store a snapshot at once. An interrupted run can then resume, even if no reply has
        // finished.
        turn.snapshot = run.snapshot();
        onCheckpoint(turn);
      }
      endTurn(turn, "done");
    } catch (error) {
      endWith(error);
    }
    clearInterval(keeping);
    // If the request was refused, the run's snapshot contains no finished work. Keep the turn's
    // earlier snapshot.
    if (hasStarted || !turn.snapshot) turn.snapshot = run.snapshot();
    turn.activity = turn.snapshot.activity;
    onUpdate("turn");
    onCheckpoint(turn);
  }

  function endWith({ code, message, status_code, retry_after_ms }) {
    if (code === "cancelled") return endTurn(turn, stopReason ?? "stopped");
    endTurn(turn, "failed", {
      code: code ?? "unexpected_error",
      message,
      status_code,
      retry_after_ms,
    });
  }

  return {
    turn,
    /** Resolves when the run has ended for any reason. */
    ended: follow(),
    /** The reason given to `stop()`, or null if the run was not stopped. */
    get stopReason() {
      return stopReason;
    },
    /**
     * Stops the run.
     * @param reason the state that the turn gets, "stopped" or "interrupted"
     */
    stop(reason = "stopped") {
      stopReason = reason;
      run.cancel(reason);
    },
    stopPanelist: (index) => run.cancelPanelist(index),
    /** Restarts a panelist. Returns false if the panel has ended. */
    retryPanelist: (index) => run.retryPanelist(index),
    proceed: () => run.proceed(),
  };
}
