// Shows the cards of the panelists. On a phone, numbered tabs lead to the cards. The panel can open
// as a drawer, which shows one reply at a reading width beside the comparison.
import { h, icon, setShown, tool } from "../dom.js";
import { afterDrawing, nextFrame } from "../render-scheduler.js";
import { modelName } from "../text/format.js";
import { createCard } from "./card.js";
import { clearQuoteHighlight } from "./quote-highlight.js";

/**
 * This function is long because its inner functions share the cards.
 * @param goBack leads back to the comparison
 */
export function createPanel(turn, actions, { keepFocus, goBack }) {
  const cards = h("div", { class: "cards" });
  cards.addEventListener("scroll", () => nextFrame(drawTabs), { passive: true });
  const tabs = h("div", { class: "card-tabs", role: "group", "aria-label": "Panelists" });
  const close = tool("close", "Close the replies", closeDrawer, { hidden: true });
  const back = h("button", { type: "button", class: "go-back", hidden: true, onclick: goBack });
  back.append(icon("back"), "Back to comparison");
  const header = h("header", {}, h("h3", {}, "Panel"), tabs, close);
  const element = h("section", { class: "panel" }, back, header, cards);
  let views = [];
  const drawings = [];
  /** Index of the reply in the drawer, or null. */
  let drawn = null;
  let opener = null;

  /** Creates one card per frame, because creating eight cards takes longer than a frame. */
  function drawCards() {
    if (tabs.children.length === turn.panel.length) return;
    const mine = [];
    views = mine;
    cards.replaceChildren();
    cards.dataset.size = turn.panel.length;
    for (const index of turn.panel.keys()) {
      nextFrame(() => {
        if (mine !== views) return;
        const more = { enlarge: () => toggleDrawer(index) };
        const view = createCard(turn, index, `reply-${turn.id}-${index}`, { ...actions, ...more });
        views.push(view);
        cards.append(view.element);
        view.draw();
        // With all cards, the tabs can show which one is in view.
        if (views.length === turn.panel.length) afterDrawing(drawTabs);
      });
    }
    tabs.replaceChildren(...turn.panel.map(tabView));
  }

  function tabView({ model }, index) {
    const { name } = modelName(model);
    const onclick = () => {
      if (drawn !== null) return openDrawer(index);
      views[index]?.element.scrollIntoView({ block: "nearest", inline: "center" });
    };
    const label = h("span", { class: "sr-only" }, `Reply ${index + 1}, ${name}`);
    const words = [String(index + 1), h("span", { class: "tab-name" }, name)];
    const shown = h("span", { class: "tab-label", "aria-hidden": "true" }, words);
    return h("button", { type: "button", "data-panelist": index, onclick }, label, shown);
  }

  function drawTabs() {
    // Only on a phone, cards scroll sideways. The tab of the most visible card is marked.
    const width = cards.scrollWidth - cards.clientWidth;
    const share = cards.scrollLeft / width;
    const shown = drawn ?? (width > 0 ? Math.round(share * (tabs.children.length - 1)) : -1);
    for (const [index, tab] of [...tabs.children].entries()) {
      tab.dataset.phase = turn.panel[index].state;
      tab.toggleAttribute("data-open", index === shown);
      if (drawn !== null) tab.setAttribute("aria-pressed", String(index === shown));
      else tab.removeAttribute("aria-pressed");
      const isMarked = views[index]?.element.dataset.highlight === "found";
      if (isMarked) tab.dataset.highlight = "found";
      else delete tab.dataset.highlight;
    }
  }

  /** Returns one function per card: the scheduler calls each function once per frame. */
  function drawingOf(index) {
    drawings[index] ??= () => {
      views[index]?.draw();
      const tab = tabs.children[index];
      if (tab) tab.dataset.phase = turn.panel[index].state;
      keepFocus();
    };
    return drawings[index];
  }

  const toggleDrawer = (index) => (drawn === index ? closeDrawer() : openDrawer(index));

  function openDrawer(index) {
    if (!views[index]) return;
    if (drawn === null) beginDrawer();
    drawn = index;
    for (const [nth, view] of views.entries()) {
      view.element.toggleAttribute("data-shown", nth === index);
      view.showEnlarged(nth === index);
    }
    const { name } = modelName(turn.panel[index].model);
    element.setAttribute("aria-label", `Reply of ${name}`);
    drawTabs();
    views[index].onShown();
    views[index].scroller.focus({ preventScroll: true });
  }

  function beginDrawer() {
    opener = document.activeElement;
    // Keep the height of the column. The cards are now in the drawer, so the page would otherwise
    // become shorter.
    const column = element.parentElement;
    column.style.minHeight = `${column.offsetHeight}px`;
    element.dataset.drawer = "";
    element.setAttribute("role", "dialog");
    setShown(close, true);
    place();
    addEventListener("resize", place);
    document.addEventListener("keydown", onKey, true);
  }

  function place() {
    const { left, width } = element.parentElement.getBoundingClientRect();
    element.style.left = `${left}px`;
    element.style.width = `${width}px`;
  }

  /** Escape closes the drawer, and must not end the run. */
  function onKey(event) {
    if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog:modal")) {
      return;
    }
    if (!element.isConnected) return endDrawer();
    if (event.target.closest("textarea, input, .member-menu")) return;
    event.preventDefault();
    event.stopPropagation();
    closeDrawer();
  }

  function endDrawer() {
    removeEventListener("resize", place);
    document.removeEventListener("keydown", onKey, true);
    drawn = null;
    delete element.dataset.drawer;
    for (const name of ["role", "aria-label", "style"]) element.removeAttribute(name);
    setShown(close, false);
    for (const view of views) view.showEnlarged(false);
  }

  function closeDrawer() {
    const last = views[drawn];
    endDrawer();
    clearQuoteHighlight();
    element.parentElement.style.minHeight = "";
    drawTabs();
    const isThere = opener?.isConnected && opener.checkVisibility();
    (isThere ? opener : last?.expand)?.focus({ preventScroll: true });
  }

  return {
    element,
    drawCards,
    drawTabs,
    openDrawer,
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
    offerBack: (isOffered) => setShown(back, isOffered),
    /** Removes the cards. */
    clear() {
      if (drawn !== null) closeDrawer();
      views = [];
      drawings.length = 0;
      cards.replaceChildren();
      tabs.replaceChildren();
    },
  };
}
