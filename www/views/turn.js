// One turn: the question, how far it has come, the answer, and how it came about. It draws what the turn's data say, part by part.
import { h, icon, setShown, setText, tool } from "../dom.js";
import { afterDrawing, nextFrame } from "../render-scheduler.js";
import { isLive } from "../state/turn.js";
import { describeError } from "../text/error-messages.js";
import { modelName, plural } from "../text/format.js";
import { createAnswer } from "./answer.js";
import { createCard } from "./card.js";
import { createComparison } from "./comparison.js";
import { callsTable } from "./calls-table.js";
import { createNotices } from "./notices.js";
import { createQuestion } from "./question.js";
import { createProgress } from "./progress.js";
import { clearQuoteHighlight, highlightQuotes } from "./quote-highlight.js";

const SKIP_REST = "Skip the rest";

/** @param actions see `createApp()` */
export function createTurnView(turn, actions) {
  const question = createQuestion(turn, actions);
  const answer = createAnswer(turn, actions);
  const comparison = createComparison(turn, showQuotes, actions);
  const rail = createProgress(turn, (tab) => {
    openTab(tab);
    ({ panel, comparison: comparison.element, answer: answer.element })[tab].scrollIntoView({ block: "nearest" });
  });
  const notices = createNotices(turn, actions);
  const cards = h("div", { class: "cards" });
  cards.addEventListener("scroll", () => nextFrame(drawTabs), { passive: true });
  const tabs = h("div", { class: "card-tabs", role: "group", "aria-label": "Panelists" });
  const panel = h("section", { class: "panel" }, h("header", {}, h("h3", {}, "Panel"), tabs), cards);
  const proceed = tool("on", SKIP_REST, () => actions.proceed(), { words: true, hidden: true });
  const ledger = h("details", { class: "calls", hidden: true }, h("summary", {}, "Call log"));
  const workings = h("div", { class: "deliberation" }, comparison.element, panel, ledger);
  const fold = h("button", { type: "button", class: "fold", onclick: toggle }, icon("on"), "Show replies and comparison");
  const element = h(
    "article",
    { class: "turn", "data-tab": "panel" },
    question.element,
    turn.setup.isSample && h("p", { class: "sample-label" }, "Sample: written for this demo, not from a model. Replies, searches and timing are staged."),
    rail.element,
    h("div", { class: "proceed" }, proceed),
    notices.element,
    answer.element,
    fold,
    workings,
  );
  // One taller than the window stops at its own end, above the box at the foot of the page.
  new ResizeObserver(() => (panel.style.top = `${Math.min(16, innerHeight - panel.offsetHeight - 96)}px`)).observe(panel);
  let views = [];
  let chosenTab = false;
  let folded = false;
  let last;
  let rows = 0;
  let clock;

  // A card at a time, for eight of them are more than a frame has time for.
  function seat() {
    if (tabs.children.length === turn.panel.length) return;
    const mine = (views = []);
    cards.replaceChildren();
    cards.dataset.size = turn.panel.length;
    for (const index of turn.panel.keys()) {
      nextFrame(() => {
        if (mine !== views) return;
        const view = createCard(turn, index, `reply-${turn.id}-${index}`, actions);
        views.push(view);
        cards.append(view.element);
        view.draw();
      });
    }
    tabs.replaceChildren(...turn.panel.map(({ model }, index) => h("button", { type: "button", "data-panelist": index, "aria-label": `Reply ${index + 1}, ${modelName(model).name}`, onclick: () => views[index]?.element.scrollIntoView({ block: "nearest", inline: "center" }) }, String(index + 1))));
  }

  function drawTurn() {
    if (!folded) seat();
    element.dataset.stage = stage(turn);
    if (!chosenTab) element.dataset.tab = stage(turn);
    question.draw();
    notices.draw();
    const comparing = turn.comparison.state === "working";
    setText(proceed.lastChild, comparing ? "Skip comparison" : SKIP_REST);
    setShown(proceed, turn.state === "running" && (comparing || (turn.panel.some(({ state }) => state === "done") && turn.panel.some(isLive))));
    if (rows !== turn.activity.length) {
      rows = turn.activity.length;
      ledger.replaceChildren(ledger.firstChild, callsTable(turn.activity));
      setShown(ledger, rows > 0);
    }
    if (turn.state === "running") clock ??= setInterval(() => nextFrame(tick), 500);
    else clock = clearInterval(clock);
  }

  function tick() {
    rail.drawTotals();
    for (const view of views) view.tick();
  }

  function drawRest() {
    drawEnds();
    nextFrame(drawAnswer);
    nextFrame(drawComparison);
    // Who sees that a turn has ended sees how: its parts are drawn by then.
    const { state } = turn;
    nextFrame(() => (element.dataset.state = state));
  }

  // A member that ended changes what can be done with the others.
  function drawEnds() {
    drawTurn();
    rail.draw();
    for (const index of views.keys()) nextFrame(memberDrawing(index));
    afterDrawing(drawTabs);
    keepFocus();
  }

  function drawTabs() {
    if (folded) return;
    // Only on a phone do they scroll: the one that is seen most.
    const seen = cards.scrollWidth > cards.clientWidth ? Math.round((cards.scrollLeft / (cards.scrollWidth - cards.clientWidth)) * (tabs.children.length - 1)) : -1;
    for (const [index, tab] of [...tabs.children].entries()) {
      tab.dataset.phase = turn.panel[index].state;
      tab.toggleAttribute("data-open", index === seen);
    }
  }

  // A button that is gone once it was pressed must not take the keyboard's place on the page along.
  let focused = null;
  element.tabIndex = -1;
  element.addEventListener("focusin", ({ target }) => (focused = target));
  element.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && (focused = null));
  function keepFocus() {
    if (!focused || (focused.isConnected && !focused.hidden)) return;
    const near = focused.closest(".panelist")?.querySelector(".scroller:not([hidden])") ?? element;
    if (document.activeElement === focused || document.activeElement === document.body) near.focus({ preventScroll: true });
    focused = null;
  }

  const drawMember = [];
  const memberDrawing = (index) =>
    (drawMember[index] ??= () => {
      if (folded) return;
      views[index]?.draw();
      if (tabs.children[index]) tabs.children[index].dataset.phase = turn.panel[index].state;
      keepFocus();
    });
  const drawAnswer = () => {
    answer.draw();
    keepFocus();
  };
  const drawComparison = () => {
    if (!folded) comparison.draw();
    keepFocus();
  };

  // Only what a listener must know; the text itself is read when they go to it.
  function tell(event) {
    const name = (index) => modelName(turn.panel[index].model).name;
    switch (event.type) {
      case "run.started":
        return actions.announce(`Asked ${plural(turn.panel.length, "model")}.`);
      case "panelist.completed":
        return actions.announce(`${name(event.index)} has answered.`);
      case "panelist.failed":
        if (event.error.code === "budget_exceeded") actions.announce(`${name(event.index)} was cut off at the cost limit.`);
        else if (event.error.code !== "cancelled") actions.announce(`${name(event.index)} failed. ${describeError(event.error, turn.setup).title}`);
        return;
      case "analysis.completed":
        return actions.announce("The comparison is ready.");
      case "answer.completed":
        return actions.announce("The answer is complete.");
    }
  }

  // On a phone the quote is on another tab, and on a desktop perhaps out of sight.
  function showQuotes(item, quotes, index, only) {
    const again = item.hasAttribute("data-highlight") && index === undefined;
    clearQuoteHighlight();
    if (again) return;
    item.dataset.highlight = "";
    const fold = item.querySelector(".quotes");
    if (fold) fold.open = true;
    const wanted = quotes.filter((quote) => quote.verified && (index === undefined || quote.index === index) && (!only || quote.quote === only) && views[quote.index]);
    const place = ({ index, quote }) => ({ card: views[index].element, scroller: views[index].scroller, text: views[index].text, quote });
    if (wanted.length > 0) openTab("panel");
    const found = highlightQuotes(wanted.map(place));
    const first = found[0]?.card ?? views[index ?? wanted[0]?.index ?? quotes[0]?.index]?.element;
    first?.scrollIntoView({ block: "nearest", inline: "center" });
    actions.announce(found.length > 0 ? `Marked in ${plural(new Set(found.map(({ card }) => card)).size, "reply", "replies")}.` : "Exact quote not found.");
  }

  /** On a phone one part is seen at a time, which from now on the person chooses. Elsewhere all of them are. */
  function openTab(tab) {
    chosenTab = true;
    element.dataset.tab = tab;
    rail.draw();
    drawTabs();
    for (const view of views) view.seen();
  }

  function setFolded(value) {
    folded = value;
    element.toggleAttribute("data-folded", folded);
    fold.setAttribute("aria-expanded", String(!folded));
    if (!folded) nextFrame(drawRest);
  }

  // On a phone, where one part is seen at a time, that is the part to begin with.
  function toggle() {
    setFolded(!folded);
    if (!folded) openTab(turn.comparison.items.length > 0 ? "comparison" : "panel");
  }

  return {
    element,
    /** Something of the turn has changed. `part` as `apply()` tells it, with the event it came from, if it was one. */
    update(part, event) {
      if (event) tell(event);
      if (part === "turn") return nextFrame(drawRest);
      if (part === "answer") return nextFrame(drawAnswer);
      if (part === "comparison") {
        nextFrame(drawComparison);
        if (event?.type !== "analysis.reasoning") nextFrame(drawEnds);
        return;
      }
      nextFrame(memberDrawing(part));
      if (["panelist.completed", "panelist.failed", "panelist.started"].includes(event?.type)) nextFrame(drawEnds);
    },
    /** Earlier turns show their answer; how it came about is a click away. */
    place({ isLast }) {
      if (last === isLast) return;
      last = isLast;
      element.toggleAttribute("data-earlier", !isLast);
      setFolded(!isLast);
    },
  };
}

/** What there is to look at: the panel, the comparison or the answer. */
function stage({ comparison, answer, chosen, state }) {
  if (chosen !== null || answer.content || (answer.state === "writing" && state === "running")) return "answer";
  const nothing = ["idle", "skipped"].includes(comparison.state) || (comparison.state === "failed" && state === "failed");
  return nothing ? "panel" : "comparison";
}
