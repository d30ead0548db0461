// Pieces that several views show.
import { h, outsideLink, setText, webAddress } from "../dom.js";

/** A member's number in its colour; the colour never says anything alone. */
export const badge = (index) => h("span", { class: "badge", "data-panelist": index, "aria-hidden": "true" }, String(index + 1));

/** A fold for what a model thought; it takes text as it grows. */
export function reasoningFold() {
  const text = h("div", { class: "reasoning-text" });
  const element = h("details", { class: "thinking", hidden: true }, h("summary", {}, "Thinking"), text);
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

/** A list that only grows: entries are made once and then brought up to date. */
export function growingList(list, make, bring = () => {}) {
  const items = [];
  return (entries) => {
    while (items.length > entries.length) items.pop().remove();
    for (const [nth, entry] of entries.entries()) {
      if (!items[nth]) {
        items[nth] = make(entry, nth);
        list.append(items[nth]);
      }
      bring(items[nth], entry);
    }
  };
}

export const toolList = (list) =>
  growingList(
    list,
    () => h("li", { class: "tool" }),
    (chip, used) => {
      if (chip.dataset.status === used.status) return;
      chip.dataset.status = used.status;
      setText(chip, toolWords(used) + (used.status === "failed" ? ", failed" : ""));
      if (used.summary) chip.title = used.summary;
    },
  );

function toolWords({ tool, input, status }) {
  let args = {};
  try {
    args = JSON.parse(input) ?? {};
  } catch {
    // Half-written arguments: the tool's name alone will do.
  }
  const done = status !== "started";
  if (args.query) return `${done ? "Searched" : "Searching"} “${args.query}”`;
  if (args.url) return `${done ? "Read" : "Reading"} ${webAddress(args.url)?.host ?? args.url}`;
  return tool.replace(/^openrouter:/, "").replaceAll("_", " ");
}

export const sourceList = (list) =>
  growingList(list, ({ url, title }, nth) =>
    h("li", {}, outsideLink(url, h("span", { class: "nth", "aria-hidden": "true" }, String(nth + 1)), h("span", { class: "host" }, webAddress(url)?.host.replace(/^www\./, "") ?? "source"), title && h("span", { class: "title" }, title))),
  );
