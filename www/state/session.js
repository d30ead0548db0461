// A run at work: its events are written into a turn, and whoever shows or keeps it is told which part has changed.
import { fuse } from "llm-fuse/url";
import { apply, end } from "./turn.js";

/** @param planned `{ request, options }` for `fuse()`
 *  @param changed called with the part of the turn, see `apply()`
 *  @param finished called with the turn when something was paid for that is worth keeping, and at the end */
export function startSession(turn, { request, options }, { changed, finished }) {
  const run = fuse(request, {
    ...options,
    onSnapshot(snapshot) {
      turn.snapshot = snapshot;
      finished(turn);
    },
  });
  let reason = "stopped";

  async function follow() {
    // First the page shows that it was asked: beginning a run of eight takes as long as a frame may.
    await new Promise((resolve) => setTimeout(resolve));
    try {
      for await (const event of run) {
        changed(apply(turn, event), event);
        if (event.type !== "run.started") continue;
        // From here on a run that breaks off can go on, even if nothing has finished by then.
        turn.snapshot = run.snapshot();
        finished(turn);
      }
      end(turn, "done");
    } catch (error) {
      const { code, message, status_code, retry_after_ms } = error;
      end(turn, code === "cancelled" ? reason : "failed", code === "cancelled" ? null : { code: code ?? "unexpected_error", message, status_code, retry_after_ms });
    }
    turn.snapshot = run.snapshot();
    turn.activity = turn.snapshot.activity;
    changed("turn");
    finished(turn);
  }

  return {
    turn,
    /** Resolves when the run has ended, however. */
    ended: follow(),
    /** @param why what becomes of the turn: stopped or interrupted */
    stop(why = "stopped") {
      reason = why;
      run.cancel(why);
    },
    stopPanelist: (index) => run.cancelPanelist(index),
    /** false: the panel has closed. */
    retryPanelist: (index) => run.retryPanelist(index),
    proceed: () => run.proceed(),
  };
}
