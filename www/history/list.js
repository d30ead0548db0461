// Shows the list of stored conversations. A person can open, search, rename and delete
// conversations, and import a file.
import { h, setShown, setText } from "../dom.js";
import { plural } from "../text/format.js";
import { deleteConfirmation, entryView, renameForm } from "./entry.js";

/**
 * This function is long because its inner functions share the list, the filter and the entry that
 * is being changed.
 * @param dialog has a search field, a list and two buttons, see index.html
 * @param open `(id)` opens a conversation
 * @param remove `(id)` deletes a conversation, or all if `id` is undefined
 * @param rename `(id, name)` names a conversation; if `name` is null, its title is used
 * @param addressOf `(id)` returns the address of a conversation
 * @param importFile `(file)` opens the conversation in a file
 */
export function createList({
  dialog,
  opener,
  store,
  tabs,
  app,
  open,
  remove,
  rename: renameEntry,
  importFile,
  announce,
  addressOf,
}) {
  const at = (id) => dialog.querySelector(`#${id}`);
  const entries = at("entries");
  let all = [];
  let running = new Set();
  /** The entry that is being renamed or deleted, `{ id, as: "rename" | "delete" }`, or null. */
  let changing = null;

  async function refresh() {
    if (!dialog.open) return;
    entries.ariaBusy = "true";
    try {
      [all, running] = await Promise.all([store.list(), tabs.runningElsewhere()]);
      // Do not draw now: drawing would discard a name that the user is typing.
      if (!changing) draw();
    } catch (error) {
      all = [];
      draw();
      setText(at("history-count"), `Cannot load the history: ${store.reason(error)}`);
    }
    entries.ariaBusy = null;
  }

  function draw() {
    const words = at("history-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((entry) => {
      const text = searchText(entry);
      return words.every((word) => text.includes(word));
    });
    replaceEntries(found.map(itemView));
    setShown(at("history-search").parentElement, all.length > 1);
    setShown(at("delete-all"), all.length > 0);
    setText(at("history-count"), countText(words, found));
  }

  /**
   * Replaces the entries and keeps the keyboard focus. Another tab can change the history at any
   * time, so the focus may be anywhere in the list.
   */
  function replaceEntries(views) {
    const focused = document.activeElement;
    const entry = entries.contains(focused) && focused.closest(".entry");
    const nth = entry && [...entry.querySelectorAll("a, button")].indexOf(focused);
    entries.replaceChildren(...views);
    if (entry) entryOf(entry.dataset.id)?.querySelectorAll("a, button")[nth]?.focus();
  }

  const entryOf = (id) => entries.querySelector(`[data-id="${CSS.escape(id ?? "")}"]`);

  function countText(words, found) {
    if (words.length > 0) return `${found.length} of ${plural(all.length, "conversation")}`;
    if (all.length > 0) return "";
    return "No conversations yet. They are saved in this browser only.";
  }

  function itemView(entry) {
    const { id } = entry;
    return h("li", { class: "entry", "data-id": id }, itemContent(entry));
  }

  function itemContent(entry) {
    const { id } = entry;
    const isRunning = app.running().some((conversation) => conversation.id === id);
    const cancel = () => endChange(id);
    if (changing?.id === id && changing.as === "rename") {
      return renameForm(entry, { save: (name) => rename(id, name), cancel });
    }
    if (changing?.id === id) {
      return deleteConfirmation(entry, { isRunning, confirm: () => removeEntry(entry), cancel });
    }
    return entryView(entry, {
      isCurrent: id === app.conversation.id,
      isRunning,
      isElsewhere: running.has(id),
      address: addressOf(id),
      open: () => choose(entry),
      rename: () => change(id, "rename"),
      remove: () => change(id, "delete"),
    });
  }

  async function rename(id, name) {
    await attempt(() => renameEntry(id, name));
    await endChange(id);
  }

  async function removeEntry(entry) {
    const next = all[all.indexOf(entry) + 1] ?? all[all.indexOf(entry) - 1];
    await attempt(() => remove(entry.id));
    announce("Deleted.");
    await endChange(next?.id);
  }

  function change(id, as) {
    changing = { id, as };
    draw();
    const field = entries.querySelector("form input, .confirm .plain");
    field.focus();
    field.select?.();
  }

  /** @param id the entry that gets the focus */
  async function endChange(id) {
    changing = null;
    await refresh();
    // If the person has begun another change meanwhile, that change has the focus.
    if (changing) return;
    const button = entryOf(id)?.querySelector(".open:not(:disabled)");
    (button ?? at("close-history")).focus();
  }

  async function choose({ id }) {
    if (id !== app.conversation.id && !(await attempt(() => open(id)))) return;
    closeUnlessDocked();
  }

  async function attempt(work) {
    try {
      await work();
      setText(at("history-problem"), "");
      return true;
    } catch (error) {
      setText(at("history-problem"), `Failed: ${store.reason(error)}`);
      return false;
    }
  }

  function showDeleteAll(isAsking) {
    setShown(at("confirm-delete-all"), isAsking);
    setShown(at("delete-all"), !isAsking && all.length > 0);
    (isAsking ? at("cancel-delete-all") : at("close-history")).focus();
  }

  async function deleteAll() {
    await attempt(() => remove());
    announce("All conversations deleted.");
    await refresh();
    showDeleteAll(false);
  }

  async function importChosen({ target }) {
    const [file] = target.files;
    try {
      await importFile(file);
      closeUnlessDocked();
    } catch (error) {
      setText(at("history-problem"), `${file.name} cannot be opened. ${error.message}`);
    }
    target.value = "";
  }

  function show() {
    if (dialog.open) return isDocked() && dialog.close();
    at("history-search").value = "";
    setText(at("history-problem"), "");
    setShown(at("confirm-delete-all"), false);
    if (docking.matches) dialog.show();
    else dialog.showModal();
    drawDocked();
    rememberDocked(docking.matches);
    refresh();
  }

  const isDocked = () => dialog.open && !dialog.matches(":modal");

  function closeUnlessDocked() {
    if (!isDocked()) dialog.close();
  }

  function drawDocked() {
    document.body.toggleAttribute("data-sidebar", isDocked());
    opener.setAttribute("aria-expanded", String(isDocked()));
  }

  docking.addEventListener("change", () => {
    if (!isDocked() || docking.matches) return;
    dialog.close();
  });
  opener.addEventListener("click", show);
  at("close-history").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    changing = null;
    drawDocked();
    if (docking.matches) rememberDocked(false);
  });
  at("history-search").addEventListener("input", draw);
  at("delete-all").addEventListener("click", () => showDeleteAll(true));
  at("cancel-delete-all").addEventListener("click", () => showDeleteAll(false));
  at("delete-all-confirmed").addEventListener("click", deleteAll);
  at("import").addEventListener("click", () => at("import-file").click());
  at("import-file").addEventListener("change", importChosen);

  return {
    open: show,
    refresh,
    /** Opens the sidebar if it was open in the last visit. */
    openDocked() {
      if (docking.matches && wasDocked()) show();
    },
  };
}

/** If the window is at least 100 rem wide, the history is a column beside the conversation. */
const docking = matchMedia("(min-width: 100rem)");
const DOCKED_KEY = "llm-fuse.sidebar";

function wasDocked() {
  try {
    return localStorage.getItem(DOCKED_KEY) === "open";
  } catch {
    return false;
  }
}

function rememberDocked(isOpen) {
  try {
    localStorage.setItem(DOCKED_KEY, isOpen ? "open" : "");
  } catch {
    // Storage is off, so the sidebar is closed at the next visit.
  }
}

const searchText = ({ name, title, turns }) =>
  [name ?? "", title, ...turns.map(({ text }) => text)].join("\n").toLowerCase();
