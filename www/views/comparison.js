// Shows the comparison in five groups, one for each kind of finding. Each item is drawn as soon as
// it arrives in the analyst's JSON, and has one dot for each panelist.
import { h, setShown, setText } from "../dom.js";
import { describeError } from "../text/error-messages.js";
import { KIND_TITLES, letter, modelName, plural } from "../text/format.js";
import { inlineMarkdown } from "../text/markdown.js";
import { createCheck } from "./check.js";
import { badge, reasoningFold, toolList } from "./components.js";
import { createEscalationNote } from "./escalation.js";
import { createModelReplacer } from "./replace-model.js";
import { silenceWatch } from "./silence.js";

/** Disagreements come first. The analyst writes agreements first. */
const ORDER = ["contradictions", "consensus", "partial_coverage", "unique_insights", "blind_spots"];

/**
 * This function is long because its inner functions share the state of the drawing.
 * @param showQuotes `(item, quotes, index?)` highlights quotes in the cards; `index` selects one
 * panelist
 * @param actions see `createApp()`
 */
export function createComparison(turn, showQuotes, actions) {
  const note = h("p", { class: "pending" });
  const labels = h("p", { class: "fine blind-labels", hidden: true });
  // The note and the labels share a place of fixed height, so that nothing below them moves.
  const notes = h("div", { class: "comparison-notes" }, note, labels);
  const rounds = createEscalationNote(turn);
  const quiet = h("p", { class: "fine doubt", hidden: true });
  const silenceOf = silenceWatch();
  const groups = h("div", { class: "groups" });
  const reasoning = reasoningFold();
  const tools = h("ul", { class: "chips", "aria-label": "Tools the analyst used" });
  const drawTools = toolList(tools);
  const replacer = createModelReplacer(turn, "analyst", actions);
  const header = h("header", {}, h("h3", {}, "Comparison"), replacer.button);
  const element = h("section", { class: "comparison" });
  element.append(header, notes, rounds.element, reasoning.element, tools, groups, quiet);
  /** The JSON of each item that is drawn. */
  let drawn = [];
  let lists = {};
  /** The check of each disagreement. */
  let checks = [];

  function draw() {
    const { comparison } = turn;
    const { state } = comparison;
    element.dataset.phase = state;
    const sentence = noteText(turn);
    setText(note, sentence);
    setShown(note, sentence);
    replacer.draw(state !== "skipped");
    reasoning.set(comparison.reasoning);
    drawTools(comparison.tools);
    rounds.draw();
    drawItems(shownItems(comparison));
    for (const check of checks) check.draw();
    drawTime();
    const hasLabels = state === "done" && comparison.order.length > 0;
    setShown(labels, hasLabels);
    if (hasLabels) setText(labels, labelsText(turn));
  }

  function drawTime() {
    const { state, items, reasoning: thoughts } = turn.comparison;
    const sentence = silenceOf(state === "working", JSON.stringify(items), thoughts);
    setText(quiet, sentence && `${sentence}.`);
    setShown(quiet, sentence);
  }

  function drawItems(items) {
    // The final analysis, or another attempt, can differ from the drawn items. Draw all of them
    // again.
    if (!drawn.every((json, nth) => json === keyOf(items[nth]))) clear();
    for (const found of items.slice(drawn.length)) {
      addItem(found.kind, found.item);
      drawn.push(keyOf(found));
    }
  }

  function addItem(kind, item) {
    lists[kind] ??= addGroup(kind);
    const check = kind === "contradictions" ? createCheck(turn, checks.length, actions) : null;
    if (check) checks.push(check);
    lists[kind].append(itemView({ kind, item, check }, turn, showQuotes));
  }

  function clear() {
    drawn = [];
    lists = {};
    checks = [];
    groups.replaceChildren();
  }

  /** Inserts the group in the order of ORDER, whatever order the model uses. */
  function addGroup(kind) {
    const list = h("ul");
    const title = h("h4", { tabindex: -1 }, KIND_TITLES[kind] ?? kind);
    const group = h("section", { class: "group", "data-kind": kind }, title, list);
    const position = (name) => ORDER.indexOf(name);
    const isAfter = ({ dataset }) => position(dataset.kind) > position(kind);
    groups.insertBefore(group, [...groups.children].find(isAfter) ?? null);
    return list;
  }

  return {
    element,
    draw,
    drawTime,
    /** Moves the focus to a kind of findings. */
    focusGroup(kind) {
      const title = groups.querySelector(`[data-kind="${kind}"] > h4`);
      title?.focus({ preventScroll: true });
      title?.scrollIntoView({ block: "nearest" });
    },
  };
}

/**
 * Returns a text that identifies an item. The text leaves out the outcome of a check, because the
 * outcome is drawn into the existing item.
 */
const keyOf = (found) =>
  JSON.stringify(found, (key, value) => (key === "checked" ? undefined : value));

/**
 * Returns the items to draw. Disagreements are above agreements, so agreements wait until all
 * disagreements have arrived. Otherwise a new disagreement would move the text that a person reads.
 */
function shownItems({ state, items }) {
  const isOpen = items.every(({ kind }) => kind === "consensus" || kind === "contradictions");
  if (state !== "working" || !isOpen) return items;
  return items.filter(({ kind }) => kind === "contradictions");
}

function noteText({ comparison, panel, setup, state: turnState }) {
  const { state, items, error, next, model } = comparison;
  const analyst = model ? modelName(model).name : "The analyst";
  if (state === "working" && next) {
    return `${describeError(error, setup).title} Trying again with ${modelName(next).name}.`;
  }
  if (state === "idle") {
    if (turnState !== "running") return "The replies were not compared.";
    return "When the replies are complete, the analyst compares them without model names.";
  }
  if (state === "working") {
    const agreed = items.filter(({ kind }) => kind === "consensus").length;
    const waiting = agreed > 0 && shownItems(comparison).length < items.length;
    const more = waiting ? ` ${plural(agreed, "agreement")} so far; disagreements come first.` : "";
    return `${analyst} is comparing the replies without model names.${more}`;
  }
  const repliesOnly = "The answer uses the replies only.";
  if (state === "failed" && error.code === "cancelled") return `Skipped. ${repliesOnly}`;
  if (state === "failed") {
    const rest = turnState === "failed" ? "" : repliesOnly;
    return `No comparison: ${describeError(error, setup).title} ${rest}`;
  }
  if (state === "stopped") return "Stopped before it finished.";
  if (state === "skipped") return "Nothing to compare.";
  if (state === "done" && items.length === 0) {
    return `The analyst reported no findings in ${plural(panel.length, "reply", "replies")}.`;
  }
  return "";
}

/** Returns a text that maps the blind labels to the panelists. */
function labelsText({ comparison, panel }) {
  const { model, order, second } = comparison;
  const names = panel.map((panelist) => modelName(panelist.model).name);
  // If two panelists have the same model, add their numbers.
  const isUnique = (name) => names.indexOf(name) === names.lastIndexOf(name);
  const nameOf = (index) => {
    const name = names[index];
    return isUnique(name) ? name : `${name} (${index + 1})`;
  };
  const pairs = order.map((index, nth) => `${letter(nth)} = ${nameOf(index)}`);
  const analyst = model ? modelName(model).name : "The analyst";
  const reversed = second ? " A second check used the reverse order." : "";
  return `${analyst} compared without names. ${pairs.join(", ")}.${reversed}`;
}

function itemView({ kind, item, check }, turn, showQuotes) {
  const li = h("li", { class: "item" });
  const quotes = quotesOf(item);
  const press = (index) => showQuotes(li, quotes, index);
  const doubt = item.survived === false && "Not confirmed on second check.";
  const note = doubt ? h("p", { class: "fine doubt" }, doubt) : "";
  if (kind === "contradictions") {
    const stances = item.stances.map((stance, nth) =>
      stanceView(stance, turn.panel, press, check.places[nth]),
    );
    li.append(pointView(item.topic), note, h("ul", { class: "stances" }, stances), check.element);
  } else {
    const dots = kind !== "blind_spots" && dotsView(item, turn.panel, press);
    const claim = h("div", { class: "claim" }, pointView(item.point ?? item.insight), dots);
    li.append(claim, note, quotesView(item.quotes ?? [], press));
  }
  if (quotes.length > 0) {
    li.dataset.quoted = "";
    // A click anywhere on the item works like a click on its dots or quotes. The keyboard can reach
    // the dots and the quotes.
    li.addEventListener("click", ({ target }) => {
      if (!target.closest("a, button, summary") && !String(getSelection())) press();
    });
  }
  return li;
}

const pointView = (text) => h("p", { class: "point", dir: "auto" }, inlineMarkdown(text));

const quotesOf = ({ quotes = [], stances = [] }) => [
  ...quotes,
  ...stances.flatMap((stance) => stance.quotes),
];

function stanceView({ panelist, stance, quotes }, panel, press, outcome) {
  const model = panel[panelist]?.model ?? "";
  const text = h("span", { class: "stance", dir: "auto" }, inlineMarkdown(stance));
  const quoteViews = quotes.map((quote) => quoteView(quote, press));
  return h("li", {}, dotView(panelist, model, press), h("div", {}, text, quoteViews, outcome));
}

function dotsView({ panelists, panelist }, panel, press) {
  const indexes = panelists ?? [panelist];
  if (panel.length <= 1 && indexes.length === 0) return false;
  const dots = panel.map(({ model }, index) =>
    indexes.includes(index) ? dotView(index, model, press) : emptyDotView(index, model),
  );
  return h("span", { class: "dots" }, dots);
}

function quotesView(quotes, press) {
  if (quotes.length === 0) return "";
  const unverified = quotes.filter(({ verified }) => !verified).length;
  const warning = `, ${unverified} not found exactly`;
  const doubt = unverified > 0 && h("span", { class: "doubt" }, warning);
  const views = quotes.map((quote) => quoteView(quote, press, quotes.length > 1));
  const summary = h("summary", {}, plural(quotes.length, "quote"), doubt);
  return h("details", { class: "quotes" }, summary, views);
}

function emptyDotView(index, model) {
  const { name } = modelName(model);
  const label = h("span", { class: "sr-only" }, `not ${index + 1}, ${name}`);
  return h("span", { class: "dot", title: `not ${name}` }, label);
}

function dotView(index, model, press) {
  const { name } = modelName(model);
  const props = {
    type: "button",
    class: "dot",
    "data-panelist": index,
    title: `${name}: show it in the reply`,
    "aria-label": `Said by ${index + 1}, ${name}: show it in the reply`,
    onclick: () => press(index),
  };
  return h("button", props, badge(index));
}

function quoteView({ quote, verified, index }, press, hasBadge = false) {
  const text = [hasBadge ? badge(index) : "", h("q", { dir: "auto" }, inlineMarkdown(quote))];
  if (!verified) {
    const note = h("span", { class: "mark-quote" }, "Quote not found exactly");
    return h("blockquote", { class: "quote unverified" }, text, note);
  }
  const props = {
    type: "button",
    class: "show-quote",
    "aria-label": `Show this quote in reply ${index + 1}`,
    onclick: () => press(index),
  };
  return h("blockquote", { class: "quote verified" }, text, h("button", props, "show"));
}
