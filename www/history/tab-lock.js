// Several tabs with one history: which conversations are at work in which, and what one tab tells the others.

/** @param told `(message)` of another tab: `{ kept: true }` or `{ removed: [ids] }` */
export function createTabLock(told) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("llm-fuse.history") : null;
  channel?.addEventListener("message", ({ data }) => told(data));
  // A lock goes with its tab, however that ends. Only pages of secure origins have them: elsewhere every conversation counts as free.
  const locks = navigator.locks;
  const PREFIX = "llm-fuse.run ";
  let held = null;

  return {
    tell: (message) => channel?.postMessage(message),
    /** @param id the conversation that a run of this tab belongs to, or null */
    hold(id) {
      if ((held?.id ?? null) === id) return;
      held?.leave.abort();
      held = id && { id, leave: new AbortController() };
      if (!id) return;
      const { signal } = held.leave;
      locks?.request(PREFIX + id, { signal }, () => new Promise((done) => signal.addEventListener("abort", done))).catch(() => {});
    },
    /** The conversations that are at work in other tabs. */
    async elsewhere() {
      const { held: all = [] } = (await locks?.query()) ?? {};
      return new Set(all.filter(({ name }) => name.startsWith(PREFIX)).map(({ name }) => name.slice(PREFIX.length)).filter((id) => id !== held?.id));
    },
    /** Resolves when no other tab is at work on it; after a reload, when the page before has let go. */
    async free(id) {
      await locks?.request(PREFIX + id, () => {});
    },
  };
}
