// Keeps what is asked, opens it again after a reload, and shows the list of what is kept.
import { createList } from "./list.js";
import { createStore } from "./store.js";
import { createTabLock } from "./tab-lock.js";
import { setText } from "../dom.js";

/** @param dialog the list; @param opener the button that opens it; @param note where it stands when nothing can be kept
 *  @param app see `createApp()`; @param shown called when another conversation was opened
 *  @param take `(file)`: opens what is in it */
export function createHistory({ dialog, opener, note, app, shown, take, announce }) {
  const store = createStore({ trouble: (words) => setText(note, words), kept: () => tabs.tell({ kept: true }) });
  const tabs = createTabLock(({ kept, removed }) => {
    if (removed) drop(removed);
    if (kept || removed) list.refresh();
  });
  const list = createList(dialog, opener, { store, tabs, app, open, remove, take, announce });

  async function open(id) {
    const conversation = await store.load(id);
    if (!conversation) return;
    app.open(conversation);
    shown();
  }

  // First it is closed, so that what is still under way does not keep it again.
  async function remove(id) {
    const ids = await store.remove(id);
    drop(ids);
    tabs.tell({ removed: ids });
  }

  function drop(ids) {
    store.forget(ids);
    if (ids.includes(app.conversation.id)) app.open();
  }

  return {
    /** Something worth keeping has happened. */
    keep(conversation, running) {
      store.save(conversation);
      const { id, turns } = app.conversation;
      tabs.hold(running ? id : null);
      remember(turns.length > 0 ? id : null);
    },
    /** What this tab showed before it was reloaded. */
    async reopen() {
      const id = remembered();
      if (!id) return;
      try {
        await tabs.free(id);
        if (!app.isRunning && app.conversation.turns.length === 0) await open(id);
      } catch (error) {
        setText(note, `The last open conversation could not be loaded: ${store.why(error)}`);
      }
    },
    open: () => list.open(),
  };
}

const SLOT = "llm-fuse.open";

function remembered() {
  try {
    return sessionStorage.getItem(SLOT);
  } catch {
    return null;
  }
}

function remember(id) {
  try {
    if (id) sessionStorage.setItem(SLOT, id);
    else sessionStorage.removeItem(SLOT);
  } catch {
    // Storage is off: a reload begins anew.
  }
}
