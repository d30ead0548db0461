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
     * Marks the conversations that this tab runs, and frees the others.
     * @param ids of the conversations
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
  /** An AbortController that releases the lock, by the id of the conversation. */
  const held = new Map();

  function release(id) {
    held.get(id).abort();
    held.delete(id);
  }

  function acquire(id) {
    const controller = new AbortController();
    const { signal } = controller;
    const untilReleased = () => new Promise((done) => signal.addEventListener("abort", done));
    held.set(id, controller);
    locks.request(LOCK_PREFIX + id, { signal }, untilReleased).catch(() => {});
  }

  return {
    hold(ids) {
      for (const id of held.keys()) if (!ids.includes(id)) release(id);
      for (const id of ids) if (!held.has(id)) acquire(id);
    },
    async runningElsewhere() {
      const { held: all = [] } = await locks.query();
      const ids = all
        .filter(({ name }) => name.startsWith(LOCK_PREFIX))
        .map(({ name }) => name.slice(LOCK_PREFIX.length));
      return new Set(ids.filter((id) => !held.has(id)));
    },
    async untilFree(id) {
      await locks.request(LOCK_PREFIX + id, () => {});
    },
  };
}
