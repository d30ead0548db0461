// Lets several tabs share one history. A Web Lock marks a conversation that a tab is running. A
// BroadcastChannel notifies other tabs of changes.
import { createRunChannel } from "./run-channel.js";

const LOCK_PREFIX = "llm-fuse.run ";

/**
 * @param onMessage called with a message of another tab: `{ kept: true }` or `{ removed: [ids] }`
 */
export function createTabLock(onMessage) {
  const hasChannel = "BroadcastChannel" in window;
  const channel = hasChannel ? new BroadcastChannel("llm-fuse.history") : null;
  channel?.addEventListener("message", ({ data }) => onMessage(data));
  const { hold, runningElsewhere, untilFree } = navigator.locks
    ? createLocks(navigator.locks)
    : createRunChannel();
  return {
    notify: (message) => channel?.postMessage(message),
    /**
     * Marks the conversation that this tab runs, and frees the previous one.
     * @param id the conversation, or null
     */
    hold,
    /** Returns the ids of the conversations that are running in other tabs. */
    runningElsewhere,
    /**
     * Resolves when no other tab runs the conversation. After a reload, it resolves when the
     * browser has released the lock of the previous page.
     */
    untilFree,
  };
}

/** The browser releases a lock when its tab closes or crashes. */
function createLocks(locks) {
  let held = null;
  return {
    hold(id) {
      if ((held?.id ?? null) === id) return;
      held?.release.abort();
      held = id && { id, release: new AbortController() };
      if (!id) return;
      const { signal } = held.release;
      const untilReleased = () => new Promise((done) => signal.addEventListener("abort", done));
      locks.request(LOCK_PREFIX + id, { signal }, untilReleased).catch(() => {});
    },
    async runningElsewhere() {
      const { held: all = [] } = await locks.query();
      const ids = all
        .filter(({ name }) => name.startsWith(LOCK_PREFIX))
        .map(({ name }) => name.slice(LOCK_PREFIX.length));
      return new Set(ids.filter((id) => id !== held?.id));
    },
    async untilFree(id) {
      await locks.request(LOCK_PREFIX + id, () => {});
    },
  };
}
