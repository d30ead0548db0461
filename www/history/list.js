// The list of what is kept: opened, searched, renamed and deleted.
import { h, setShown, setText, tool } from "../dom.js";
import { plural } from "../text/format.js";

/** @param dialog with a search field, a list and two buttons, see index.html */
export function createList(dialog, opener, { store, tabs, app, open, remove, take, announce }) {
  const at = (id) => dialog.querySelector(`#${id}`);
  const entries = at("entries");
  let all = [];
  let busy = new Set();
  /** `{ id, as: "rename" | "delete" }` of the one entry that is being changed. */
  let changing = null;

  async function refresh() {
    if (!dialog.open) return;
    entries.ariaBusy = "true";
    try {
      [all, busy] = await Promise.all([store.list(), tabs.elsewhere()]);
      // What is typed into a name is not swept away by what another tab has kept.
      if (!changing) draw();
    } catch (error) {
      all = [];
      draw();
      setText(at("history-count"), `Cannot load the history: ${store.why(error)}`);
    }
    entries.ariaBusy = null;
  }

  function draw() {
    const words = at("history-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((entry) => words.every((word) => searched(entry).includes(word)));
    // Another tab may bring news at any moment; the keyboard keeps its place.
    const focused = document.activeElement;
    const place = entries.contains(focused) && focused.closest(".entry");
    const nth = place && [...place.querySelectorAll("button")].indexOf(focused);
    entries.replaceChildren(...found.map(item));
    if (place) entries.querySelector(`[data-id="${CSS.escape(place.dataset.id)}"]`)?.querySelectorAll("button")[nth]?.focus();
    setShown(at("history-search").parentElement, all.length > 1);
    setShown(at("delete-all"), all.length > 0);
    setText(at("history-count"), words.length > 0 ? `${found.length} of ${plural(all.length, "conversation")}` : all.length > 0 ? "" : "No conversations yet. They are saved in this browser only.");
    setShown(at("history-running"), app.isRunning && all.length > 1);
  }

  function item(entry) {
    const { id } = entry;
    const name = called(entry);
    const current = id === app.conversation.id;
    const elsewhere = busy.has(id);
    const li = h("li", { class: "entry", "data-id": id });
    if (changing?.id === id) {
      li.append(changing.as === "rename" ? renaming(entry) : deleting(entry));
      return li;
    }
    const meta = [when(entry.updated), plural(entry.turns.length, "question"), elsewhere ? "running in another tab" : current ? "open here" : STATES[entry.state]].filter(Boolean);
    li.append(
      h("button", { type: "button", class: "open", "aria-current": current && "true", disabled: elsewhere, onclick: () => choose(entry) }, h("span", { class: "title", dir: "auto" }, name), h("span", { class: "fine" }, meta.join(" · "))),
      h("div", { class: "tools" }, tool("edit", `Rename “${name}”`, () => change(id, "rename")), tool("bin", `Delete “${name}”`, () => change(id, "delete"), { disabled: elsewhere })),
    );
    return li;
  }

  function renaming(entry) {
    const field = h("input", { type: "text", dir: "auto", maxlength: 120, "aria-label": `Name of “${called(entry)}”` });
    field.value = called(entry);
    const submit = async (event) => {
      event.preventDefault();
      await attempt(() => store.rename(entry.id, field.value.trim() || null));
      await settled(entry.id);
    };
    return h("form", { onsubmit: submit, onkeydown: leave }, field, h("button", { type: "button", class: "plain", onclick: () => settled(entry.id) }, "Cancel"), h("button", { class: "primary" }, "Rename"));
  }

  function deleting(entry) {
    const sure = async () => {
      const next = all[all.indexOf(entry) + 1] ?? all[all.indexOf(entry) - 1];
      await attempt(() => remove(entry.id));
      announce("Deleted.");
      await settled(next?.id);
    };
    return h("div", { class: "confirm", role: "group", "aria-label": `Delete “${called(entry)}”?`, onkeydown: leave }, h("p", {}, "Permanently delete “", h("bdi", {}, called(entry)), "”?"), h("button", { type: "button", class: "plain", onclick: () => settled(entry.id) }, "Cancel"), h("button", { type: "button", class: "danger", onclick: sure }, "Delete"));
  }

  // Escape gives up the change, and leaves the list open.
  function leave(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    settled(changing.id);
  }

  function change(id, as) {
    changing = { id, as };
    draw();
    const field = entries.querySelector("form input, .confirm .plain");
    field.focus();
    field.select?.();
  }

  /** @param id the entry that the keyboard goes on with */
  async function settled(id) {
    changing = null;
    await refresh();
    (entries.querySelector(`[data-id="${CSS.escape(id ?? "")}"] .open:not(:disabled)`) ?? at("close-history")).focus();
  }

  async function choose({ id }) {
    if (id !== app.conversation.id && !(await attempt(() => open(id)))) return;
    dialog.close();
  }

  async function attempt(work) {
    try {
      await work();
      setText(at("history-problem"), "");
      return true;
    } catch (error) {
      setText(at("history-problem"), `Failed: ${store.why(error)}`);
      return false;
    }
  }

  function askAll(asking) {
    setShown(at("confirm-delete-all"), asking);
    setShown(at("delete-all"), !asking && all.length > 0);
    (asking ? at("cancel-delete-all") : at("close-history")).focus();
  }

  opener.addEventListener("click", show);
  at("close-history").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => (changing = null));
  at("history-search").addEventListener("input", draw);
  at("delete-all").addEventListener("click", () => askAll(true));
  at("cancel-delete-all").addEventListener("click", () => askAll(false));
  at("delete-all-confirmed").addEventListener("click", async () => {
    await attempt(() => remove());
    announce("All conversations deleted.");
    await refresh();
    askAll(false);
  });

  at("import").addEventListener("click", () => at("import-file").click());
  at("import-file").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    try {
      await take(file);
      dialog.close();
    } catch (error) {
      setText(at("history-problem"), `${file.name} cannot be opened. ${error.message}`);
    }
    target.value = "";
  });

  function show() {
    if (dialog.open) return;
    at("history-search").value = "";
    setText(at("history-problem"), "");
    setShown(at("confirm-delete-all"), false);
    dialog.showModal();
    refresh();
  }

  return { open: show, refresh };
}

const STATES = { running: "interrupted; can be continued", interrupted: "interrupted; can be continued", failed: "failed", stopped: "stopped" };

const called = ({ name, title }) => name || title;
const searched = ({ name, title, turns }) => [name ?? "", title, ...turns.map(({ text }) => text)].join("\n").toLowerCase();

function when(ms) {
  const day = new Date(ms);
  const today = day.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat("en", today ? { timeStyle: "short" } : { dateStyle: "medium" }).format(day);
}
