// A field for a model's name that shows what the provider lists, as a combobox: any name may be typed, listed or not.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
import { h, setText } from "../dom.js";
import { plural } from "../text/format.js";
import { contextWords, priceWords, search } from "./models.js";

/** More are never drawn: nobody reads them, and a list of thousands would make typing slow. */
const MOST_SHOWN = 50;

/** @param input its `id` names the parts that are put beside it
 *  @param models gives what is known, or undefined
 *  @param load asks for the list; rejects with a sentence
 *  @param choose called with the name
 *  @param gathers whether the field is emptied for the next name */
export function createPicker(input, { models, load, choose, gathers = false }) {
  const list = h("ul", { class: "options", id: `${input.id}-options`, role: "listbox", "aria-label": "Models" });
  const note = h("p", { class: "fine", "aria-hidden": "true" });
  const popup = h("div", { class: "popup", hidden: true }, list, note);
  // The note once more for who listens: what comes into view together with its text would not be told.
  const told = h("p", { class: "sr-only", role: "status" });
  input.after(popup, told);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false", autocomplete: "off", autocapitalize: "none", spellcheck: "false" })) {
    input.setAttribute(name, value);
  }
  let names = [];
  let active = -1;
  let isOpen = false;
  /** What narrows the list down: not the name that a field held before it was opened. */
  let typed = "";
  let problem = "";

  function open() {
    isOpen = true;
    if (gathers) typed = input.value;
    draw();
    popup.scrollIntoView({ block: "nearest" });
  }

  function close() {
    isOpen = false;
    typed = "";
    popup.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    setText(told, "");
  }

  function draw() {
    const known = models();
    const found = known ? search(known, typed) : [];
    const shown = found.slice(0, MOST_SHOWN);
    names = shown.map(({ id }) => id);
    const rows = shown.map((model, nth) => row(nth, input.value.trim() === model.id, ...described(model)));
    const text = typed.trim();
    if (text && !found.some(({ id }) => id === text)) {
      rows.push(row(names.length, false, h("span", { class: "option-name" }, "Use “", h("bdi", {}, text), "”")));
      names.push(text);
    }
    list.replaceChildren(...rows);
    list.hidden = rows.length === 0;
    popup.hidden = false;
    input.setAttribute("aria-expanded", String(rows.length > 0));
    point(text && rows.length > 0 ? 0 : -1);
    for (const element of [note, told]) setText(element, words(known, found, text));
  }

  function words(known, found, text) {
    if (!known) return problem ? `${problem} You can type model names.` : "Loading models…";
    const some = text ? `Found ${found.length} of ${plural(known.length, "model")}.` : `${plural(known.length, "model")}.`;
    const more = found.length > MOST_SHOWN ? ` Showing the first ${MOST_SHOWN}; type to filter.` : "";
    return `${some}${more}${known.some(({ price }) => price) ? " Prices per million tokens." : ""}`;
  }

  const row = (nth, isChosen, ...children) => h("li", { class: "option", id: `${input.id}-option-${nth}`, role: "option", "aria-selected": "false", "data-nth": nth, "data-chosen": isChosen }, children);

  function point(nth) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = nth;
    const option = list.children[nth];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function take(name) {
    input.value = gathers ? "" : name;
    close();
    choose(name);
  }

  async function ask() {
    problem = "";
    try {
      await load();
    } catch (error) {
      problem = error.message;
    }
    if (isOpen) draw();
  }

  input.addEventListener("focus", () => {
    input.select();
    ask();
  });
  input.addEventListener("click", () => {
    if (isOpen) return;
    // What is typed next stands in the place of what is there.
    input.select();
    open();
  });
  input.addEventListener("input", () => {
    typed = input.value;
    isOpen = true;
    draw();
  });
  input.addEventListener("blur", close);
  input.addEventListener("change", () => gathers || choose(input.value.trim()));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const count = list.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) open();
      else if (count > 0) point(event.key === "ArrowDown" ? (active + 1) % count : (active <= 0 ? count : active) - 1);
    } else if (event.key === "Enter" && isOpen && active >= 0) {
      event.preventDefault();
      take(names[active]);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      close();
    }
  });
  // Where going back closes dialogs: the list first.
  input.closest("dialog")?.addEventListener("cancel", (event) => {
    if (!isOpen) return;
    event.preventDefault();
    close();
  });
  // The focus, and on a phone the keyboard, stays with the field.
  popup.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[data-nth]");
    if (option) take(names[option.dataset.nth]);
  });
}

function described({ id, name, price, context, can }) {
  return [
    h("span", { class: "option-name" }, h("bdi", {}, name)),
    // Spaces are for who listens.
    " ",
    h("span", { class: "option-price" }, priceWords(price)),
    " ",
    h("span", { class: "option-facts" }, name !== id && h("bdi", { class: "option-id" }, id), " ", [context && contextWords(context), ...can].filter(Boolean).join(" · ")),
  ];
}
