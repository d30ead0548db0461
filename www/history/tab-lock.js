// Lets several tabs share one history. A Web Lock marks a conversation that a tab is running. A
// BroadcastChannel notifies other tabs of changes.

const LOCK_PREFIX = "llm-fuse.run ";

/**
 * @param onMessage called with a message of another tab: `{ kept: true }` or `{ removed: [ids] }`
 */
export function createTabLock(onMessage) {
  const hasChannel = "BroadcastChannel" in window;
  const channel = hasChannel ? new BroadcastChannel("llm-fuse.history") : null;
  channel?.addEventListener("message", ({ data }) => onMessage(data));
  // The browser releases a lock if its tab closes or crashes. Only secure origins have locks. On
  // other origins, no conversation counts as running.
  const { locks } = navigator;
  let held = null;

  return {
    notify: (message) => channel?.postMessage(message),
    /**
     * Locks the conversation that this tab runs, and releases the previous one.
     * @param id the conversation, or null
     */
    hold(id) {
      if ((held?.id ?? null) === id) return;
      held?.release.abort();
      held = id && { id, release: new AbortController() };
      if (!id) return;
      const { signal } = held.release;
      const untilReleased = () => new Promise((done) => signal.addEventListener("abort", done));
      locks?.request(LOCK_PREFIX + id, { signal }, untilReleased).catch(() => {});
    },
    /** Returns the ids of the conversations that are running in other tabs. */
    async runningElsewhere() {
      const { held: all = [] } = (await locks?.query()) ?? {};
      const ids = all
        .filter(({ name }) => name.startsWith(LOCK_PREFIX))
        .map(({ name }) => name.slice(LOCK_PREFIX.length));
      return new Set(ids.filter((id) => id !== held?.id));
    },
    /**
     * Resolves when no other tab runs the conversation. After a reload, waits until the browser has
     * released the lock of the previous page.
     */
    async untilFree(id) {
      await locks?.request(LOCK_PREFIX + id, () => {});
    },
  };
}
