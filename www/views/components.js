// Elements that several views use.
import { h, icon, outsideLink, setText, webAddress } from "../dom.js";

/**
 * Returns a panelist's number on the panelist's colour. The number helps people who cannot
 * distinguish colours.
 */
export const badge = (index) =>
  h("span", { class: "badge", "data-panelist": index, "aria-hidden": "true" }, String(index + 1));

/**
 * Returns a closed `details` element for a model's reasoning. `set(text)` shows the text. If the
 * text has only grown, `set(text)` appends the new part.
 */
export function reasoningFold() {
  const text = h("div", { class: "reasoning-text" });
  const element = h("details", { class: "thinking", hidden: true });
  element.append(h("summary", {}, "Thinking"), text);
  let shown = "";
  return {
    element,
    set(reasoning) {
      if (reasoning === shown) return;
      if (reasoning.startsWith(shown)) text.append(reasoning.slice(shown.length));
      else text.textContent = reasoning;
      shown = reasoning;
      element.hidden = !reasoning;
    },
  };
}

/**
 * Returns a function that draws entries into a list and keeps the elements of earlier entries.
 * @param create `(entry, nth)` returns the element of a new entry
 * @param update `(element, entry)` brings an element up to date
 */
function growingList(list, create, update = () => {}) {
  const items = [];
  return (entries) => {
    while (items.length > entries.length) items.pop().remove();
    for (const [nth, entry] of entries.entries()) {
      if (!items[nth]) {
        items[nth] = create(entry, nth);
        list.append(items[nth]);
      }
      update(items[nth], entry);
    }
  };
}

export function toolList(list) {
  const create = () => h("li", { class: "tool" });
  return growingList(list, create, (chip, call) => {
    if (chip.dataset.status === call.status) return;
    chip.dataset.status = call.status;
    setText(chip, toolText(call) + (call.status === "failed" ? ", failed" : ""));
    if (call.summary) chip.title = call.summary;
  });
}

export function toolText({ tool, input, status }) {
  const { query, url } = parseArguments(input);
  const isOver = status !== "started";
  if (query) return `${isOver ? "Searched" : "Searching"} “${query}”`;
  if (url) return `${isOver ? "Read" : "Reading"} ${webAddress(url)?.host ?? url}`;
  return tool.replace(/^openrouter:/, "").replaceAll("_", " ");
}

/** Returns the arguments of a tool call, or an empty object while their JSON is not complete. */
function parseArguments(input) {
  try {
    return JSON.parse(input) ?? {};
  } catch {
    return {};
  }
}

export const sourceList = (list) => growingList(list, sourceItem);

function sourceItem({ url, title }, nth) {
  const host = webAddress(url)?.host.replace(/^www\./, "") ?? "source";
  const number = h("span", { class: "nth", "aria-hidden": "true" }, String(nth + 1));
  const name = h("span", { class: "host" }, host);
  const label = title ? [h("span", { class: "title" }, title)] : [];
  return h("li", {}, outsideLink(url, number, name, ...label));
}

/** Returns the button that folds and opens an earlier turn. */
export function foldButton(isOpen, onclick) {
  const props = { type: "button", class: "fold", "aria-expanded": String(isOpen), onclick };
  return h("button", props, icon("on"), "Show replies and comparison");
}

const SAMPLE_LABEL =
  "Sample: written for this demo, not from a model. Replies, searches and timing are staged.";
export const sampleLabel = () => h("p", { class: "sample-label" }, SAMPLE_LABEL);
