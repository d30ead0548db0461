// Creates the views of one conversation in the history: the entry, the form that renames it, and
// the confirmation before it is deleted.
import { h, tool } from "../dom.js";
import { plural } from "../text/format.js";

const STATES = {
  running: "interrupted; can be continued",
  interrupted: "interrupted; can be continued",
  failed: "failed",
  stopped: "stopped",
};

/** @param entry a summary, see `summary()` in conversation-store.js */
const nameOf = ({ name, title }) => name || title;

/**
 * @param isCurrent whether this tab shows the conversation
 * @param isRunning whether this tab runs the conversation
 * @param isElsewhere whether another tab runs the conversation; it then cannot be opened or deleted
 */
export function entryView(entry, { isCurrent, isRunning, isElsewhere, address, ...actions }) {
  const { open, rename, remove } = actions;
  const name = nameOf(entry);
  const facts = [when(entry.updated), plural(entry.turns.length, "question")];
  if (isElsewhere) facts.push("running in another tab");
  else
    facts.push(isCurrent && "open here", isRunning ? "running" : !isCurrent && STATES[entry.state]);
  const onclick = (event) => {
    // If Ctrl, Command or Shift is pressed, the browser opens the link in another tab or window.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  };
  const common = { class: "open", "aria-current": isCurrent && "true", "data-running": isRunning };
  const title = h("span", { class: "title", dir: "auto" }, name);
  const details = h("span", { class: "fine" }, facts.filter(Boolean).join(" · "));
  const tools = h(
    "div",
    { class: "tools" },
    tool("edit", `Rename “${name}”`, rename),
    tool("bin", `Delete “${name}”`, remove, { disabled: isElsewhere }),
  );
  const main = isElsewhere
    ? h("button", { ...common, type: "button", disabled: true }, title, details)
    : h("a", { ...common, href: address, onclick }, title, details);
  return [main, tools];
}

/**
 * @param save called with the new name. If the field is empty, called with null, and the
 *   conversation's title is shown again
 */
export function renameForm(entry, { save, cancel }) {
  const label = `Name of “${nameOf(entry)}”`;
  const field = h("input", { type: "text", dir: "auto", maxlength: 120, "aria-label": label });
  field.value = nameOf(entry);
  const onsubmit = (event) => {
    event.preventDefault();
    save(field.value.trim() || null);
  };
  return h(
    "form",
    { onsubmit, onkeydown: onEscape(cancel) },
    field,
    h("button", { type: "button", class: "plain", onclick: cancel }, "Cancel"),
    h("button", { class: "primary" }, "Rename"),
  );
}

/** @param isRunning whether this tab runs the conversation */
export function deleteConfirmation(entry, { isRunning, confirm, cancel }) {
  const name = nameOf(entry);
  const label = `Delete “${name}”?`;
  return h(
    "div",
    { class: "confirm", role: "group", "aria-label": label, onkeydown: onEscape(cancel) },
    h("p", {}, "Permanently delete “", h("bdi", {}, name), "”?", isRunning && " Its run stops."),
    h("button", { type: "button", class: "plain", onclick: cancel }, "Cancel"),
    h("button", { type: "button", class: "danger", onclick: confirm }, "Delete"),
  );
}

/** Returns a listener that cancels on Escape and keeps the dialog open. */
function onEscape(cancel) {
  return (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    cancel();
  };
}

function when(ms) {
  const day = new Date(ms);
  const isToday = day.toDateString() === new Date().toDateString();
  const style = isToday ? { timeStyle: "short" } : { dateStyle: "medium" };
  return new Intl.DateTimeFormat("en", style).format(day);
}
