// Footnotes: `[^1]` in a text, and `[^1]: ...` as a block. A reference is a button that shows the
// note, because model output must not create ids on the page.
import { h } from "../dom.js";

const REFERENCE = /^\[\^(\d{1,4}|[A-Za-z][\w-]{0,30})\](?!:)/;
const NOTE =
  /^ {0,3}\[\^(\d{1,4}|[A-Za-z][\w-]{0,30})\]:[ \t]*([^\n]*(?:\n(?![ \t]*(?:\n|$)|\[\^)[^\n]*)*)/;

/** The extensions of marked's lexer. marked calls them with the lexer as `this.lexer`. */
export const footnoteExtensions = {
  renderers: {},
  childTokens: {},
  block: [
    function readNote(text) {
      const [raw, label, words] = NOTE.exec(text) ?? [];
      if (raw === undefined) return undefined;
      return { type: "footnote", raw, label, tokens: this.lexer.inline(words) };
    },
  ],
  // Ends a paragraph before a note. Searches only this paragraph.
  startBlock: [
    (text) => {
      const end = text.indexOf("\n\n");
      const at = (end < 0 ? text : text.slice(0, end)).indexOf("\n[^");
      return at < 0 ? undefined : at + 1;
    },
  ],
  inline: [
    (text) => {
      const [raw, label] = REFERENCE.exec(text) ?? [];
      return raw && { type: "footnoteReference", raw, label };
    },
  ],
};

export function footnoteReference(label) {
  return h("sup", { class: "note-ref", "data-label": label }, label);
}

export function footnoteText(label, children, direction) {
  const number = h("sup", {}, label);
  return h("p", { class: "note-text", "data-label": label, ...direction }, number, " ", children);
}

/**
 * Connects the references and notes of a complete text. If a reference has no note, shows the
 * reference as the text that the model wrote. Such a text may be a part of a regular expression.
 */
export function linkFootnotes(host) {
  const notes = new Map();
  for (const note of host.querySelectorAll(".note-text")) {
    if (!notes.has(note.dataset.label)) notes.set(note.dataset.label, note);
  }
  for (const reference of host.querySelectorAll(".note-ref")) {
    const { label } = reference.dataset;
    const note = notes.get(label);
    if (note) addButtons(reference, note, label);
    else reference.replaceWith(`[^${label}]`);
  }
}

function addButtons(reference, note, label) {
  if (reference.querySelector("button")) return;
  const show = (element) => {
    element.scrollIntoView({ block: "nearest" });
    element.focus({ preventScroll: true });
  };
  const toNote = h("button", { type: "button", "aria-label": `Footnote ${label}` }, label);
  const toText = h("button", { type: "button", "aria-label": `Back to the text` }, "↩");
  toNote.addEventListener("click", () => show(note));
  toText.addEventListener("click", () => show(toNote));
  reference.replaceChildren(toNote);
  note.tabIndex = -1;
  if (!note.querySelector(".note-back"))
    note.append(" ", h("span", { class: "note-back" }, toText));
}
