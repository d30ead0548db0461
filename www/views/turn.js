// The view of one turn: question, progress, answer, comparison, panel, call log. `update()` is
// called with the part of the turn that has changed and draws that part in the next frame.
import { h, icon, setShown, setText, tool } from "../dom.js";
import { afterDrawing, nextFrame } from "../render-scheduler.js";
import { isLive } from "../state/turn.js";
import { describeError } from "../text/error-messages.js";
import { modelName, plural } from "../text/format.js";
import { createAnswer } from "./answer.js";
import { callsTable } from "./calls-table.js";
import { createCard } from "./card.js";
import { createComparison } from "./comparison.js";
import { createNotices } from "./notices.js";
import { createProgress } from "./progress.js";
import { createQuestion } from "./question.js";
import { clearQuoteHighlight, highlightQuotes } from "./quote-highlight.js";

const SKIP_REST = "Skip the rest";

/**
 * This function is long because its drawing functions share the parts of the turn and whether they
 * are folded.
 * @param actions see `createApp()`
 */
export function createTurnView(turn, actions) {
  const question = createQuestion(turn, actions);
  const answer = createAnswer(turn, actions);
  const comparison = createComparison(turn, showQuotes, actions);
  const progress = createProgress(turn, openAndScroll);
  const notices = createNotices(turn, actions);
  const panel = createPanel(turn, actions, {
    isFolded: () => folded,
    keepFocus: () => keepFocus(),
  });
  const skip = tool("on", SKIP_REST, () => actions.proceed(), { words: true, hidden: true });
  const calls = h("details", { class: "calls", hidden: true }, h("summary", {}, "Call log"));
  const foldLabel = "Show replies and comparison";
  const fold = h("button", { type: "button", class: "fold", onclick: toggleFold }, icon("on"));
  fold.append(foldLabel);
  const element = h(
    "article",
    { class: "turn", "data-tab": "panel", "data-alone": Boolean(turn.to) },
    question.element,
    turn.setup.isSample && sampleLabel(),
    progress.element,
    h("div", { class: "proceed" }, skip),
    notices.element,
    answer.element,
    fold,
    h("div", { class: "deliberation" }, comparison.element, panel.element, calls),
  );
  const keepFocus = focusKeeper(element);
  let hasChosenTab = false;
  let folded = false;
  let wasLast;
  let callCount = 0;
  let clock;

  function drawTurn() {
    panel.drawCards();
    element.dataset.stage = stageOf(turn);
    if (!hasChosenTab) element.dataset.tab = stageOf(turn);
    question.draw();
    notices.draw();
    drawSkip();
    drawCalls();
    if (turn.state === "running") clock ??= setInterval(() => nextFrame(drawTimes), 500);
    else clock = clearInterval(clock);
  }

  function drawSkip() {
    const isComparing = turn.comparison.state === "working";
    const hasReply = turn.panel.some(({ state }) => state === "done");
    const canSkip = isComparing || (hasReply && turn.panel.some(isLive));
    setText(skip.lastChild, isComparing ? "Skip comparison" : SKIP_REST);
    setShown(skip, turn.state === "running" && canSkip);
  }

  function drawCalls() {
    if (callCount === turn.activity.length) return;
    callCount = turn.activity.length;
    calls.replaceChildren(calls.firstChild, callsTable(turn.activity));
    setShown(calls, callCount > 0);
  }

  function drawTimes() {
    progress.drawTotals();
    panel.drawTimes();
  }

  function drawAll() {
    drawEnds();
    nextFrame(drawAnswer);
    nextFrame(drawComparison);
    // Set the state last. Tests and styles that wait for it then find all parts drawn.
    const { state } = turn;
    nextFrame(() => {
      element.dataset.state = state;
    });
  }

  /**
   * Draws everything that changes when a panelist ends, including the buttons of the other
   * panelists.
   */
  function drawEnds() {
    drawTurn();
    progress.draw();
    panel.drawAll();
    keepFocus();
  }

  function drawAnswer() {
    answer.draw();
    keepFocus();
  }

  function drawComparison() {
    if (!folded) comparison.draw();
    keepFocus();
  }

  /** @param index the panelist whose quotes are shown; undefined shows all quotes of the item */
  function showQuotes(item, quotes, index) {
    const isToggledOff = item.hasAttribute("data-highlight") && index === undefined;
    clearQuoteHighlight();
    if (isToggledOff) return;
    item.dataset.highlight = "";
    const details = item.querySelector(".quotes");
    if (details) details.open = true;
    const wanted = quotes.filter(({ verified, index: by }) => {
      return verified && (index === undefined || by === index) && panel.card(by);
    });
    if (wanted.length > 0) openTab("panel");
    const places = wanted.map(({ index: by, quote }) => {
      const { element: card, scroller, text } = panel.card(by);
      return { card, scroller, text, quote };
    });
    const found = highlightQuotes(places);
    const fallback = panel.card(index ?? wanted[0]?.index ?? quotes[0]?.index)?.element;
    const first = found[0]?.card ?? fallback;
    first?.scrollIntoView({ block: "nearest", inline: "center" });
    const count = new Set(found.map(({ card }) => card)).size;
    const marked = `Marked in ${plural(count, "reply", "replies")}.`;
    actions.announce(count > 0 ? marked : "Exact quote not found.");
  }

  /**
   * Shows one part. On a phone, only one part is visible. After the first call, only the user
   * changes it.
   */
  function openTab(tab) {
    hasChosenTab = true;
    element.dataset.tab = tab;
    progress.draw();
    panel.drawTabs();
    panel.onShown();
  }

  function openAndScroll(tab) {
    openTab(tab);
    const parts = { panel, comparison, answer };
    parts[tab].element.scrollIntoView({ block: "nearest" });
  }

  function setFolded(value) {
    folded = value;
    element.toggleAttribute("data-folded", folded);
    fold.setAttribute("aria-expanded", String(!folded));
    if (!folded) nextFrame(drawAll);
  }

  function toggleFold() {
    setFolded(!folded);
    if (!folded) openTab(turn.comparison.items.length > 0 ? "comparison" : "panel");
  }

  return {
    element,
    /** @param part the changed part, see `apply()`; @param event the event that changed it */
    update(part, event) {
      if (event) announceEvent(event, turn, actions.announce);
      if (part === "turn") return nextFrame(drawAll);
      if (part === "answer") return nextFrame(drawAnswer);
      if (part === "comparison") {
        nextFrame(drawComparison);
        if (event?.type !== "analysis.reasoning") nextFrame(drawEnds);
        return;
      }
      panel.drawLater(part);
      const ends = ["panelist.completed", "panelist.failed", "panelist.started"];
      if (ends.includes(event?.type)) nextFrame(drawEnds);
    },
    /** Folds an earlier turn, so that it shows only its answer. */
    place({ isLast }) {
      if (wasLast === isLast) return;
      wasLast = isLast;
      element.toggleAttribute("data-earlier", !isLast);
      setFolded(!isLast);
    },
  };
}

const SAMPLE_LABEL =
  "Sample: written for this demo, not from a model. Replies, searches and timing are staged.";
const sampleLabel = () => h("p", { class: "sample-label" }, SAMPLE_LABEL);

/**
 * Returns the cards of the panelists and, for phones, the tabs that lead to the cards. This
 * function is long because its inner functions share the cards.
 */
function createPanel(turn, actions, { isFolded, keepFocus }) {
  const cards = h("div", { class: "cards" });
  cards.addEventListener("scroll", () => nextFrame(drawTabs), { passive: true });
  const tabs = h("div", { class: "card-tabs", role: "group", "aria-label": "Panelists" });
  const header = h("header", {}, h("h3", {}, "Panel"), tabs);
  const element = h("section", { class: "panel" }, header, cards);
  // If the panel is taller than the window, its lower end stays visible above the form at the
  // bottom of the page.
  const place = () => {
    element.style.top = `${Math.min(16, innerHeight - element.offsetHeight - 96)}px`;
  };
  new ResizeObserver(place).observe(element);
  let views = [];
  const drawings = [];

  /** Creates one card per frame, because eight cards take longer than a frame. */
  function drawCards() {
    if (isFolded() || tabs.children.length === turn.panel.length) return;
    const mine = [];
    views = mine;
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
    tabs.replaceChildren(...turn.panel.map(tabView));
  }

  function tabView({ model }, index) {
    const onclick = () => {
      views[index]?.element.scrollIntoView({ block: "nearest", inline: "center" });
    };
    const label = `Reply ${index + 1}, ${modelName(model).name}`;
    const props = { type: "button", "data-panelist": index, "aria-label": label, onclick };
    return h("button", props, String(index + 1));
  }

  function drawTabs() {
    if (isFolded()) return;
    // Cards scroll sideways only on a phone. Mark the tab of the most visible card.
    const width = cards.scrollWidth - cards.clientWidth;
    const share = cards.scrollLeft / width;
    const shown = width > 0 ? Math.round(share * (tabs.children.length - 1)) : -1;
    for (const [index, tab] of [...tabs.children].entries()) {
      tab.dataset.phase = turn.panel[index].state;
      tab.toggleAttribute("data-open", index === shown);
    }
  }

  /**
   * Returns the same function for each card, because the scheduler calls each function once per
   * frame.
   */
  function drawingOf(index) {
    drawings[index] ??= () => {
      if (isFolded()) return;
      views[index]?.draw();
      const tab = tabs.children[index];
      if (tab) tab.dataset.phase = turn.panel[index].state;
      keepFocus();
    };
    return drawings[index];
  }

  return {
    element,
    drawCards,
    drawTabs,
    card: (index) => views[index],
    drawLater: (index) => nextFrame(drawingOf(index)),
    drawAll() {
      for (const index of views.keys()) nextFrame(drawingOf(index));
      afterDrawing(drawTabs);
    },
    drawTimes() {
      for (const view of views) view.drawTime();
    },
    onShown() {
      for (const view of views) view.onShown();
    },
  };
}

/**
 * Returns a function that moves the focus to a nearby element if the focused button has been hidden
 * or removed. Otherwise keyboard navigation would continue at the top of the page.
 */
function focusKeeper(element) {
  let focused = null;
  element.tabIndex = -1;
  element.addEventListener("focusin", ({ target }) => {
    focused = target;
  });
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget) focused = null;
  });
  return () => {
    if (!focused || (focused.isConnected && !focused.hidden)) return;
    const card = focused.closest(".panelist")?.querySelector(".scroller:not([hidden])");
    const { activeElement, body } = document;
    if (activeElement === focused || activeElement === body) {
      (card ?? element).focus({ preventScroll: true });
    }
    focused = null;
  };
}

/** Announces important events to screen readers. Does not announce texts of models. */
function announceEvent(event, turn, announce) {
  const name = (index) => modelName(turn.panel[index].model).name;
  switch (event.type) {
    case "run.started":
      return announce(`Asked ${plural(turn.panel.length, "model")}.`);
    case "panelist.completed":
      return announce(`${name(event.index)} has answered.`);
    case "panelist.failed": {
      const { code } = event.error;
      if (code === "cancelled") return;
      const failed = `failed. ${describeError(event.error, turn.setup).title}`;
      const end = code === "budget_exceeded" ? "was cut off at the cost limit." : failed;
      return announce(`${name(event.index)} ${end}`);
    }
    case "analysis.completed":
      return announce("The comparison is ready.");
    case "answer.completed":
      return announce("The answer is complete.");
  }
}

/** Returns the last part that has something to show: panel, comparison or answer. */
function stageOf({ comparison, answer, chosen, state }) {
  const isWriting = answer.state === "writing" && state === "running";
  if (chosen !== null || answer.content || isWriting) return "answer";
  const failedEarly = comparison.state === "failed" && state === "failed";
  const isEmpty = ["idle", "skipped"].includes(comparison.state) || failedEarly;
  return isEmpty ? "panel" : "comparison";
}
