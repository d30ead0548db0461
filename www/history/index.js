// Stores conversations in this browser, reopens the last one after a reload, and lists them.
import { setText } from "../dom.js";
import { addressOf, createAddress, idInAddress } from "./address.js";
import { createStore } from "./conversation-store.js";
import { createList } from "./list.js";
import { createTabLock } from "./tab-lock.js";

/**
 * This function is long because it connects the store, the lock and the list, which need each
 * other.
 * @param dialog the list
 * @param opener the button that opens the list
 * @param note the element that says why nothing can be stored
 * @param app see `createApp()`
 * @param onOpened called after a conversation has been opened
 * @param importFile `(file)` opens the conversation in a file
 */
export function createHistory({ dialog, opener, note, app, onOpened, importFile, announce }) {
  const store = createStore({
    onFailure: (sentence) => setText(note, sentence),
    onSaved() {
      tabs.notify({ kept: true });
      list.refresh();
    },
  });
  // Do not change these messages: tabs with an older version of this page use them too.
  const tabs = createTabLock(({ kept, removed }) => {
    if (removed) drop(removed);
    if (kept || removed) list.refresh();
  });
  const list = createList({
    ...{ dialog, opener, store, tabs, app, open, remove, rename, importFile, announce },
    addressOf,
  });
  const address = createAddress({ onNavigate: navigate });
  const runningIds = () => app.running().map(({ id }) => id);
  let shown = "";

  /**
   * Opens a conversation. If this browser has no conversation with this id, returns false. If
   * another tab runs the conversation, shows a note instead.
   */
  async function open(id) {
    const running = app.running().find((conversation) => conversation.id === id);
    if (running) return show(running);
    if ((await tabs.runningElsewhere()).has(id)) {
      setText(note, "This conversation is running in another tab.");
      return true;
    }
    const conversation = await store.load(id);
    if (!conversation) return false;
    return show(conversation);
  }

  async function show(conversation) {
    app.open(conversation);
    await app.drawn();
    onOpened();
    return true;
  }

  /** Follows Back and Forward. */
  function navigate(id) {
    setText(note, "");
    if (id) reopen(id).then((isFound) => isFound || tellMissing());
    else app.open();
  }

  function tellMissing() {
    address.clear();
    app.open();
    setText(note, NOT_HERE);
  }

  async function reopen(id) {
    try {
      // This tab holds the locks of its own runs.
      if (!runningIds().includes(id)) await tabs.untilFree(id);
      // Another conversation may have been opened meanwhile.
      if (idInAddress() === id) return await open(id);
    } catch (error) {
      setText(note, `The conversation could not be loaded: ${store.reason(error)}`);
    }
    return true;
  }

  async function rename(id, name) {
    await store.rename(id, name);
    const { conversation } = app;
    if (conversation.id !== id) return;
    conversation.name = name;
    address.show(conversation, false);
  }

  /** @param id a conversation; undefined deletes all */
  async function remove(id) {
    const ids = await store.remove(id);
    drop(ids);
    tabs.notify({ removed: ids });
  }

  function drop(ids) {
    store.forget(ids);
    app.stopAll("stopped", ids);
    if (ids.includes(app.conversation.id)) app.open();
  }

  /** The button shows that a run goes on in another conversation. */
  function drawOpener() {
    const count = runningIds().filter((id) => id !== app.conversation.id).length;
    opener.toggleAttribute("data-running", count > 0);
    setText(opener.querySelector(".sr-only"), count > 0 ? `, ${count} running` : "");
  }

  return {
    /** Names the shown conversation in the address and the title. */
    show(isImported) {
      address.show(app.conversation, isImported);
      drawOpener();
      if (app.conversation.id === shown) return;
      shown = app.conversation.id;
      list.refresh();
    },
    tellEnd: address.tellEnd,
    /** Stores a changed conversation. */
    save(conversation) {
      store.save(conversation);
      const { id, turns } = app.conversation;
      tabs.hold(runningIds());
      rememberOpen(turns.length > 0 ? id : null);
    },
    /** Opens the conversation that this tab showed before a reload. */
    async reopen() {
      const id = idInAddress() || lastOpen();
      if (!id) return;
      const isNamed = Boolean(idInAddress());
      if (!isNamed) address.name(id);
      if (await reopen(id)) return;
      if (isNamed) tellMissing();
      else address.clear();
    },
    open: () => list.open(),
    openDocked: () => list.openDocked(),
  };
}

const NOT_HERE =
  "The conversation in this address is not in this browser's history. It may have been deleted.";
const STORAGE_KEY = "llm-fuse.open";

function lastOpen() {
  try {
    return sessionStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

function rememberOpen(id) {
  try {
    if (id) sessionStorage.setItem(STORAGE_KEY, id);
    else sessionStorage.removeItem(STORAGE_KEY);
  } catch {
    // The browser blocks the storage, so no conversation is opened after a reload.
  }
}
