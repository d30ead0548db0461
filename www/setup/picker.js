// A combobox for a model's name. It shows the provider's list, and also accepts any other name.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
import { h, setText } from "../dom.js";
import { plural } from "../text/format.js";
import { contextText, priceText, search } from "./models.js";

/** Maximum number of rows, because thousands of rows would make typing slow. */
const MAX_SHOWN = 50;

/**
 * This function is long because its inner functions share the state of the popup.
 * @param input the text field. Ids of the other elements begin with the field's `id`
 * @param models returns the loaded list, or undefined
 * @param load loads the list; rejects with an Error whose message is shown
 * @param choose called with the chosen name
 * @param isMultiple whether the field is cleared after each chosen name
 */
export function createPicker(input, { models, load, choose, isMultiple = false }) {
  const list = h("ul", { class: "options", id: `${input.id}-options`, role: "listbox" });
  list.setAttribute("aria-label", "Models");
  const note = h("p", { class: "fine", "aria-hidden": "true" });
  const popup = h("div", { class: "popup", hidden: true }, list, note);
  // A copy of the note for screen readers. It is never hidden, because screen readers ignore a
  // status that becomes visible together with its text.
  const status = h("p", { class: "sr-only", role: "status" });
  input.after(popup, status);
  setComboboxAttributes(input, list.id);
  let names = [];
  let active = -1;
  let isOpen = false;
  /** The text that was typed after the popup opened. It filters the list. */
  let typed = "";
  let problem = "";

  function open() {
    isOpen = true;
    if (isMultiple) typed = input.value;
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
    setText(status, "");
  }

  function draw() {
    const known = models();
    const found = known ? search(known, typed) : [];
    const shown = found.slice(0, MAX_SHOWN);
    const text = typed.trim();
    names = shown.map(({ id }) => id);
    const rows = shown.map((model, nth) => modelRow(nth, model));
    if (text && !found.some(({ id }) => id === text)) {
      rows.push(typedRow(names.length, text));
      names.push(text);
    }
    list.replaceChildren(...rows);
    list.hidden = rows.length === 0;
    popup.hidden = false;
    input.setAttribute("aria-expanded", String(rows.length > 0));
    activate(text && rows.length > 0 ? 0 : -1);
    for (const element of [note, status]) setText(element, noteText(known, found, text));
  }

  function noteText(known, found, text) {
    if (!known) return problem ? `${problem} You can type model names.` : "Loading models…";
    const all = plural(known.length, "model");
    const sentences = [text ? `Found ${found.length} of ${all}.` : `${all}.`];
    if (found.length > MAX_SHOWN) sentences.push(`Showing the first ${MAX_SHOWN}; type to filter.`);
    if (known.some(({ price }) => price)) sentences.push("Prices per million tokens.");
    return sentences.join(" ");
  }

  function row(nth, isChosen, ...children) {
    const props = {
      class: "option",
      id: `${input.id}-option-${nth}`,
      role: "option",
      "aria-selected": "false",
      "data-nth": nth,
      "data-chosen": isChosen,
    };
    return h("li", props, children);
  }

  function modelRow(nth, model) {
    return row(nth, input.value.trim() === model.id, ...describe(model));
  }

  function typedRow(nth, text) {
    const name = h("bdi", {}, text);
    return row(nth, false, h("span", { class: "option-name" }, "Use “", name, "”"));
  }

  function activate(nth) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = nth;
    const option = list.children[nth];
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function pick(name) {
    input.value = isMultiple ? "" : name;
    close();
    choose(name);
  }

  async function loadList() {
    problem = "";
    try {
      await load();
    } catch (error) {
      problem = error.message;
    }
    if (isOpen) draw();
  }

  function onArrow(step) {
    if (!isOpen) return open();
    const count = list.children.length;
    if (count === 0) return;
    if (step > 0) activate((active + 1) % count);
    else activate((active <= 0 ? count : active) - 1);
  }

  function onKey(event) {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      onArrow(key === "ArrowDown" ? 1 : -1);
    } else if (key === "Enter" && isOpen && active >= 0) {
      event.preventDefault();
      pick(names[active]);
    } else if (key === "Escape" && isOpen) {
      event.preventDefault();
      close();
    }
  }

  input.addEventListener("focus", () => {
    input.select();
    loadList();
  });
  input.addEventListener("click", () => {
    if (isOpen) return;
    // Select the text, so that typing replaces it.
    input.select();
    open();
  });
  input.addEventListener("input", () => {
    typed = input.value;
    isOpen = true;
    draw();
  });
  input.addEventListener("blur", close);
  input.addEventListener("change", () => isMultiple || choose(input.value.trim()));
  input.addEventListener("keydown", onKey);
  // On a phone, the first back gesture closes only the popup. The second back gesture closes the
  // dialog.
  input.closest("dialog")?.addEventListener("cancel", (event) => {
    if (!isOpen) return;
    event.preventDefault();
    close();
  });
  // Keep the focus in the field, so that a phone does not hide its keyboard.
  popup.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[data-nth]");
    if (option) pick(names[option.dataset.nth]);
  });
}

function setComboboxAttributes(input, listId) {
  const attributes = {
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": listId,
    "aria-expanded": "false",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
  };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
}

/** Returns the parts of a row. The spaces between them keep a screen reader from joining words. */
function describe({ id, name, price, context, can }) {
  const facts = [context && contextText(context), ...can].filter(Boolean).join(" · ");
  const idText = name !== id && h("bdi", { class: "option-id" }, id);
  return [
    h("span", { class: "option-name" }, h("bdi", {}, name)),
    " ",
    h("span", { class: "option-price" }, priceText(price)),
    " ",
    h("span", { class: "option-facts" }, idText, " ", facts),
  ];
}
