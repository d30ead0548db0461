// The comparison, item by item as the analyst closes each one, in five groups. Each item shows who stands behind it, one dot for each member.
import { h, setShown, setText } from "../dom.js";
import { KINDS } from "../state/turn.js";
import { describeError } from "../text/error-messages.js";
import { KIND_TITLES, letter, modelName, plural } from "../text/format.js";
import { inlineMarkdown } from "../text/markdown.js";
import { badge, reasoningFold, toolList } from "./components.js";
import { createModelReplacer } from "./replace-model.js";

/** @param show `(item, index?) => void`: shows an item's quotes in the cards, of all who said it or of one
 *  @param actions see `createApp()` */
export function createComparison(turn, show, actions) {
  const note = h("p", { class: "pending", hidden: true });
  const blind = h("p", { class: "fine blind-labels", hidden: true });
  const groups = h("div", { class: "groups" });
  const thinking = reasoningFold();
  const tools = h("ul", { class: "chips", "aria-label": "Tools the analyst used" });
  const drawTools = toolList(tools);
  const swap = createModelReplacer(turn, "analyst", actions);
  const element = h("section", { class: "comparison" }, h("header", {}, h("h3", {}, "Comparison"), swap.button), note, thinking.element, tools, groups, blind);
  let drawn = [];
  let lists = {};

  function draw() {
    const { comparison } = turn;
    element.dataset.phase = comparison.state;
    const sentence = said(turn);
    setText(note, sentence);
    setShown(note, sentence);
    swap.draw(comparison.state !== "skipped");
    thinking.set(comparison.reasoning);
    drawTools(comparison.tools);
    // Items only come; but the final list, or another attempt, takes the place of all of them.
    if (!drawn.every((text, nth) => text === JSON.stringify(comparison.items[nth]))) {
      drawn = [];
      lists = {};
      groups.replaceChildren();
    }
    for (const found of comparison.items.slice(drawn.length)) {
      add(found.kind, found.item);
      drawn.push(JSON.stringify(found));
    }
    const seated = comparison.state === "done" && comparison.order.length > 0;
    setShown(blind, seated);
    if (seated) setText(blind, positions(turn));
  }

  function add(kind, item) {
    if (!lists[kind]) {
      lists[kind] = h("ul");
      const group = h("section", { class: "group", "data-kind": kind }, h("h4", {}, KIND_TITLES[kind] ?? kind), lists[kind]);
      // Groups keep their order even if a model sends the lists in another one.
      const place = (name) => KINDS.indexOf(name);
      groups.insertBefore(group, [...groups.children].find((other) => place(other.dataset.kind) > place(kind)) ?? null);
    }
    lists[kind].append(itemView(kind, item, turn, show));
  }

  return { element, draw };
}

function said({ comparison, panel, setup, state: ended }) {
  const { state, items, error, next, model } = comparison;
  const who = model ? modelName(model).name : "The analyst";
  if (state === "working" && next) return `${describeError(error, setup).title} Trying again with ${modelName(next).name}.`;
  if (state === "working" && items.length === 0) return `${who} is comparing the replies without model names.`;
  if (state === "failed" && error.code === "cancelled") return "Skipped. The answer uses the replies only.";
  if (state === "failed") return `No comparison: ${describeError(error, setup).title} ${ended === "failed" ? "" : "The answer uses the replies only."}`;
  if (state === "stopped") return "Stopped before it finished.";
  if (state === "skipped") return "Nothing to compare.";
  if (state === "done" && items.length === 0) return `The analyst reported no findings in ${plural(panel.length, "reply", "replies")}.`;
  return "";
}

function positions({ comparison, panel }) {
  const names = panel.map(({ model }) => modelName(model).name);
  // The same model may sit twice: then its number tells which of them it was.
  const who = (index) => (names.indexOf(names[index]) === names.lastIndexOf(names[index]) ? names[index] : `${names[index]} (${index + 1})`);
  const seen = comparison.order.map((index, nth) => `${letter(nth)} = ${who(index)}`);
  const analyst = comparison.model ? modelName(comparison.model).name : "The analyst";
  const second = comparison.second ? " A second check used the reverse order." : "";
  return `${analyst} compared without names. ${seen.join(", ")}.${second}`;
}

function itemView(kind, item, turn, show) {
  const { panel } = turn;
  const li = h("li", { class: "item" });
  const press = (index) => show(li, quotesOf(item), index);
  const dots = (indexes) => (panel.length > 1 || indexes.length > 0) && h("span", { class: "dots" }, panel.map(({ model }, index) => dot(index, indexes.includes(index), model, press)));
  const doubt = item.survived === false && h("p", { class: "fine doubt" }, "Not confirmed on second check.");
  if (kind === "contradictions") {
    const stances = item.stances.map(({ panelist, stance, quotes }) => h("li", {}, dot(panelist, true, panel[panelist]?.model ?? "", press), h("div", {}, h("span", { class: "stance", dir: "auto" }, inlineMarkdown(stance)), quotes.map((quote) => quoted(quote, press)))));
    li.append(h("p", { class: "point", dir: "auto" }, inlineMarkdown(item.topic)), doubt || "", h("ul", { class: "stances" }, stances));
  } else {
    const behind = kind === "blind_spots" ? [] : (item.panelists ?? [item.panelist]);
    const quotes = item.quotes ?? [];
    const doubtful = quotes.filter(({ verified }) => !verified).length;
    li.append(
      h("div", { class: "claim" }, h("p", { class: "point", dir: "auto" }, inlineMarkdown(item.point ?? item.insight)), kind !== "blind_spots" && dots(behind)),
      doubt || "",
      quotes.length > 0
        ? h("details", { class: "quotes" }, h("summary", {}, plural(quotes.length, "quote"), doubtful > 0 && h("span", { class: "doubt" }, `, ${doubtful} not found exactly`)), quotes.map((quote) => quoted(quote, press, quotes.length > 1)))
        : "",
    );
  }
  if (quotesOf(item).length > 0) {
    li.dataset.quoted = "";
    // For the hand alone: dots and quotes are the buttons that the keyboard reaches.
    li.addEventListener("click", ({ target }) => target.closest("a, button, summary") || String(getSelection()) || press());
  }
  return li;
}

const quotesOf = (item) => [...(item.quotes ?? []), ...(item.stances ?? []).flatMap(({ quotes }) => quotes)];

function dot(index, said, model, press) {
  const { name } = modelName(model);
  if (!said) return h("span", { class: "dot", title: `not ${name}` }, h("span", { class: "sr-only" }, `not ${index + 1}, ${name}`));
  return h("button", { type: "button", class: "dot", "data-panelist": index, title: `${name}: show it in the reply`, "aria-label": `Said by ${index + 1}, ${name}: show it in the reply`, onclick: () => press(index) }, badge(index));
}

function quoted({ quote, verified, index }, press, named = false) {
  const words = [named ? badge(index) : "", h("q", { dir: "auto" }, inlineMarkdown(quote))];
  if (!verified) return h("blockquote", { class: "quote unverified" }, words, h("span", { class: "mark-quote" }, "Quote not found exactly"));
  return h("blockquote", { class: "quote verified" }, words, h("button", { type: "button", class: "show-quote", "aria-label": `Show this quote in reply ${index + 1}`, onclick: () => press(index, quote) }, "show"));
}
