// The whole view of one turn: question, progress, answer, comparison, panel, call log. `update()`
// is called with the part of the turn that has changed and draws that part in the next frame. In a
// wide window, the comparison has its own pane, and the main column shows the panel until the
// answer begins. In a narrow window, the steps are tabs.
import { h, setShown, setText, tool } from "../dom.js";
import { nextFrame } from "../render-scheduler.js";
import { isLive } from "../state/turn.js";
import { plural } from "../text/format.js";
import { createAnswer } from "./answer.js";
import { callsTable } from "./calls-table.js";
import { createComparison } from "./comparison.js";
import { foldButton, sampleLabel } from "./components.js";
import { focusKeeper } from "./focus-keeper.js";
import { createNotices } from "./notices.js";
import { createPanel } from "./panel.js";
import { createProgress } from "./progress.js";
import { createQuestion } from "./question.js";
import { clearQuoteHighlight, highlightQuotes } from "./quote-highlight.js";
import { createChips, createVerdict } from "./verdict.js";

const SKIP_REST = "Skip the rest";

/**
 * This function is long because its drawing functions share the parts of the turn.
 * @param actions see `createApp()`
 * @param foldTurn folds an earlier turn, see earlier-turn.js
 */
export function createTurnView(turn, actions, foldTurn) {
  const question = createQuestion(turn, actions);
  const answer = createAnswer(turn, actions);
  const comparison = createComparison(turn, showQuotes, actions);
  const skip = tool("on", SKIP_REST, () => actions.proceed(), { words: true, hidden: true });
  const progress = createProgress(turn, openAndScroll, skip);
  const notices = createNotices(turn, actions);
  const panel = createPanel(turn, actions, {
    keepFocus: () => keepFocus(),
    goBack: () => {
      openAndScroll("comparison");
      quoted?.focus({ preventScroll: true });
      quoted?.scrollIntoView({ block: "center" });
    },
  });
  const verdict = createVerdict(turn, { panel: () => openReply(0), group: openGroup });
  const chips = createChips(turn, openReply);
  const calls = h("details", { class: "calls", hidden: true }, h("summary", {}, "Call log"));
  const fold = foldButton(true, foldTurn);
  const column = h("div", { class: "main-column" }, chips.element, verdict.element);
  column.append(answer.element, notices.warnings, fold, panel.element);
  const layout = h("div", { class: "layout" }, column, comparison.element, calls);
  const props = { class: "turn", "data-tab": "panel", "data-alone": Boolean(turn.to) };
  const element = h("article", props, question.element, turn.setup.isSample && sampleLabel());
  element.append(progress.element, layout, notices.element);
  element.addEventListener("showanswer", showAnswer);
  const keepFocus = focusKeeper(element);
  /**
   * The element of the comparison from which the person came to the panel. "Back to comparison"
   * leads to this element.
   */
  let quoted = null;
  let hasChosenTab = false;
  let isClosed = false;
  let callCount = 0;
  let clock;

  function drawTurn() {
    if (isClosed) return;
    panel.drawCards();
    element.dataset.stage = stageOf(turn);
    if (!hasChosenTab) element.dataset.tab = stageOf(turn);
    question.draw();
    notices.draw();
    drawSkip();
    drawCalls();
    verdict.draw();
    chips.draw();
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
    comparison.drawTime();
    answer.drawTime();
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
    comparison.draw();
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
    if (wanted.length > 0) {
      quoted = item.contains(document.activeElement) ? document.activeElement : null;
      if (!isWide() || stageOf(turn) !== "answer") openTab("panel");
      else panel.openDrawer(wanted[0].index);
      panel.offerBack(true);
    }
    const places = wanted.map(({ index: by, quote }) => {
      const { element: card, scroller, text } = panel.card(by);
      return { card, scroller, text, quote };
    });
    const found = highlightQuotes(places);
    const fallback = panel.card(index ?? wanted[0]?.index ?? quotes[0]?.index)?.element;
    const first = found[0]?.card ?? fallback;
    if (found.length > 0 || index !== undefined) {
      first?.scrollIntoView({ block: "nearest", inline: "center" });
      // Scroll to the top of the panel, so that the button "Back to comparison" is visible.
      if (!isWide()) panel.element.scrollIntoView({ block: "start" });
    }
    panel.drawTabs();
    const count = new Set(found.map(({ card }) => card)).size;
    const marked = `Marked in ${plural(count, "reply", "replies")}.`;
    actions.announce(count > 0 ? marked : "Exact quote not found.");
  }

  /**
   * Shows one tab. On a phone, only one tab is visible. After the first call, events of the run no
   * longer change the tab.
   */
  function openTab(tab) {
    hasChosenTab = true;
    element.dataset.tab = tab;
    panel.offerBack(false);
    progress.draw();
    panel.drawTabs();
    panel.onShown();
  }

  function openReply(index) {
    if (isWide()) return panel.openDrawer(index);
    openTab("panel");
  }

  function openGroup(kind) {
    openTab("comparison");
    comparison.focusGroup(kind);
  }

  function showAnswer() {
    openTab("answer");
    const hasAnswer = stageOf(turn) === "answer";
    (hasAnswer ? answer.element : element).focus();
  }

  function openAndScroll(tab) {
    openTab(tab);
    const parts = { panel, comparison, answer };
    parts[tab].element.scrollIntoView({ block: "nearest" });
  }

  return {
    element,
    /**
     * Draws a part of the turn.
     * @param part the changed part, see `apply()`
     * @param event the event that changed the part
     */
    update(part, event) {
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
    /** @param isEarlier whether a later turn follows, so that the turn can be folded */
    setEarlier: (isEarlier) => element.toggleAttribute("data-earlier", isEarlier),
    /** Shows what a folded turn does not show. */
    open() {
      openTab(turn.comparison.items.length > 0 ? "comparison" : "panel");
      fold.focus({ preventScroll: true });
    },
    /** Whether the person is changing something in a form of this turn. */
    isEditing: () => element.querySelector("form") !== null,
    /** Ends the drawing of a view that is no longer shown. */
    close() {
      isClosed = true;
      clearInterval(clock);
      panel.clear();
    },
  };
}

/** In a narrower window, the steps of a run are tabs. */
const isWide = () => matchMedia("(min-width: 64.01rem)").matches;

/** Returns the last part that has something to show: panel, comparison or answer. */
function stageOf({ panel, comparison, answer, chosen, state }) {
  const isWriting = answer.state === "writing" && state === "running";
  if (chosen !== null) return "answer";
  if (state === "running" && panel.some(isLive)) return "panel";
  if (answer.content || isWriting) return "answer";
  const failedEarly = comparison.state === "failed" && state === "failed";
  const isEmpty = ["idle", "skipped"].includes(comparison.state) || failedEarly;
  return isEmpty ? "panel" : "comparison";
}
