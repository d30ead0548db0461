// Finds out which conversations other tabs are running. This module replaces Web Locks, which exist
// only on secure origins. Each tab asks the other tabs. A tab that was closed or has crashed does
// not answer.

/** Time to wait for answers. A busy tab may need this long. */
const ANSWER_MS = 500;
const AGAIN_MS = 2000;

/** Returns the same methods as a lock, see `createTabLock()`. */
export function createRunChannel() {
  const hasChannel = "BroadcastChannel" in window;
  const channel = hasChannel ? new BroadcastChannel("llm-fuse.running") : null;
  const questions = new Set();
  const waiting = new Set();
  let mine = [];

  channel?.addEventListener("message", ({ data: { ask, runs, freed } }) => {
    if (ask) for (const id of mine) channel.postMessage({ runs: id });
    if (runs) for (const found of questions) found.add(runs);
    if (freed) for (const wake of waiting) wake();
  });

  async function runningElsewhere() {
    const found = new Set();
    if (!channel) return found;
    questions.add(found);
    channel.postMessage({ ask: true });
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    questions.delete(found);
    return found;
  }

  /** Resolves when another tab has ended a run, or after 2 s at the latest. */
  async function untilChange() {
    await new Promise((resolve) => {
      waiting.add(resolve);
      setTimeout(resolve, AGAIN_MS);
    });
    waiting.clear();
  }

  return {
    hold(ids) {
      const freed = mine.filter((id) => !ids.includes(id));
      mine = ids;
      for (const id of freed) channel?.postMessage({ freed: id });
    },
    runningElsewhere,
    async untilFree(id) {
      while ((await runningElsewhere()).has(id)) await untilChange();
    },
  };
}
