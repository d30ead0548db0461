// One panelist's card: drawn from its part of the turn.
import { copyButton, h, icon, setShown, setText, tool } from "../dom.js";
import { afterDrawing } from "../render-scheduler.js";
import { isLive } from "../state/turn.js";
import { describeError } from "../text/error-messages.js";
import { cost, letter, modelName, seconds, tokens } from "../text/format.js";
import { growingMarkdown } from "../text/markdown.js";
import { badge, sourceList, reasoningFold, toolList } from "./components.js";

export const WORDS = {
  waiting: "Waiting",
  queued: "Queued",
  thinking: "Thinking",
  searching: "Searching",
  reading: "Reading",
  writing: "Writing",
  retrying: "Retrying",
  done: "Done",
  failed: "Failed",
  stopped: "Stopped",
};

/** @param id unique on the page, for links to it */
export function createCard(turn, index, id, actions) {
  const member = () => turn.panel[index];
  const { name } = modelName(member().model);
  const view = {
    name: h("h4", {}),
    maker: h("span", { class: "maker" }),
    state: h("span", { class: "phase" }),
    time: h("span", { class: "time" }),
    detail: h("p", { class: "detail", hidden: true }),
    reason: h("p", { class: "reason" }),
    tools: h("ul", { class: "chips", "aria-label": "Tools used" }),
    text: h("div", { class: "prose small", dir: "auto" }),
    ghost: h("div", { class: "skeleton", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
    sources: h("ul", { class: "chips sources", "aria-label": "Sources" }),
    meter: h("p", { class: "meter" }),
    thinking: reasoningFold(),
  };
  const drawTools = toolList(view.tools);
  const drawSources = sourceList(view.sources);
  const buttons = {
    stop: tool("stop", "Stop", () => actions.stopPanelist(turn, index), { words: true }),
    retry: tool("retry", "Retry", () => actions.rerun(turn, [index]), { words: true }),
    again: tool("retry", `Ask ${name} again`, () => actions.rerun(turn, [index])),
    use: tool("take", "Use", () => actions.choose(turn, index), { words: true, title: "Use this reply as the answer; follow-ups build on it" }),
    copy: copyButton(() => member().content),
    expand: tool("expand", `Enlarge the reply of ${name}`, enlarge),
  };
  // Focusable, because a region that scrolls must be reachable by keyboard.
  const scroller = h("div", { class: "scroller", tabindex: 0, role: "group", "aria-label": `Reply ${index + 1}, ${name}` }, view.thinking.element, view.tools, view.ghost, view.text, view.sources);
  const element = h(
    "article",
    { class: "panelist", id, "data-panelist": index, "data-index": index, "aria-label": `Panelist ${index + 1}, ${member().model}` },
    h("header", {}, badge(index), h("div", { class: "who" }, view.name, view.maker), h("p", { class: "state" }, view.state, view.time), buttons.expand),
    view.detail,
    view.reason,
    scroller,
    h("footer", {}, view.meter, h("div", { class: "tools" }, buttons.stop, buttons.retry, buttons.again, buttons.copy, buttons.use)),
  );
  // Someone who watched the end being written wants to read from the beginning once it is there.
  let following = true;
  let toTop = false;
  let before = 0;
  scroller.addEventListener(
    "scroll",
    () => {
      const { scrollTop, clientHeight, scrollHeight } = scroller;
      const atEnd = scrollHeight - scrollTop - clientHeight < 40;
      // Only going back up is a wish to stop following: text that grows also leaves the end behind for a moment.
      if (atEnd || scrollTop < before - 20) following = atEnd;
      before = scrollTop;
    },
    { passive: true },
  );
  const body = growingMarkdown(view.text, 5, (more) =>
    afterDrawing(() => {
      // Farther than it goes: asking how far that is would lay the page out once more for each card.
      if (more && following) scroller.scrollTop = 1e7;
      if (more) return;
      toTop ||= following;
      following = false;
      seen();
    }),
  );

  // What is not shown, on another tab of a phone, cannot be scrolled yet.
  function seen() {
    if (!toTop || scroller.clientHeight === 0) return;
    scroller.scrollTop = 0;
    toTop = false;
  }

  function tick() {
    const { state, began, took_ms } = member();
    if (took_ms !== null || isLive({ state })) view.time.textContent = seconds(took_ms ?? Date.now() - began);
  }

  function draw() {
    const now = member();
    const live = isLive(now);
    const served = modelName(now.served);
    if (element.dataset.phase !== now.state) element.dataset.phase = now.state;
    setText(view.name, served.name);
    const label = turn.comparison.state === "done" ? turn.comparison.order.indexOf(index) : -1;
    setText(view.maker, [served.maker, label >= 0 && `Blind label ${letter(label)}`].filter(Boolean).join(" · "));
    setText(view.state, WORDS[now.state]);
    tick();
    const { detail, reason } = words(now, turn.setup);
    setText(view.detail, detail);
    setShown(view.detail, detail);
    setText(view.reason, reason);
    drawTools(now.tools);
    drawSources(now.sources);
    view.thinking.set(now.reasoning);
    setShown(view.ghost, live && !now.content && !now.reasoning);
    setText(view.meter, now.usage ? `${tokens(now.usage)} · ${now.restored ? "reused" : cost(now.usage)}` : "");
    body.set(now.content, live);

    const running = turn.state === "running";
    const open = turn.panel.some(isLive);
    setShown(buttons.stop, live);
    const free = running ? open && now.state !== "done" : !actions.isBusy() && turn.snapshot;
    setShown(buttons.retry, !live && now.state !== "done" && free);
    setShown(buttons.again, now.state === "done" && free);
    setShown(buttons.copy, !live && now.content);
    setShown(buttons.use, !live && now.content && now.state === "done" && turn.chosen !== index);
    // The word has room in a narrow card; the whole of it is said to those who listen.
    const use = running ? "Use this answer and stop" : "Use this answer";
    if (buttons.use.ariaLabel !== use) buttons.use.ariaLabel = use;
    element.toggleAttribute("data-chosen", turn.chosen === index);
  }

  // The card itself moves into a dialog and back, so that it goes on growing there.
  function enlarge() {
    if (element.closest("dialog")) return element.closest("dialog").close();
    const place = h("div", { class: "panelist placeholder" });
    const dialog = h("dialog", { class: "enlarged", "aria-label": `Reply of ${name}` });
    element.replaceWith(place);
    dialog.append(element);
    document.body.append(dialog);
    const show = (name, label) => {
      buttons.expand.replaceChildren(icon(name));
      for (const attribute of ["aria-label", "title"]) buttons.expand.setAttribute(attribute, label);
    };
    show("shrink", "Back to the panel");
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      place.replaceWith(element);
      dialog.remove();
      show("expand", `Enlarge the reply of ${name}`);
      buttons.expand.focus({ preventScroll: true });
    });
    dialog.showModal();
  }

  return { element, scroller, text: view.text, draw, tick, seen };
}

/** The sentences under the head: what is the matter, and what can be done. */
function words({ state, error, retry, finish_reason }, setup) {
  if (state === "retrying") {
    const next = retry.next_model ? `Next: ${modelName(retry.next_model).name}.` : `Next attempt in ${seconds(retry.delay_ms)}.`;
    return { detail: `${describeError(retry.error, setup).title} ${next}`, reason: "" };
  }
  if (state === "queued") return { detail: "Waiting for a free connection.", reason: "" };
  if (state === "failed") {
    const { title, advice } = describeError(error, setup);
    // A missing connection needs a paragraph of advice, which stands once above all cards.
    return { detail: error.code === "network_error" ? title : `${title} ${advice}`, reason: error.message };
  }
  if (error?.code === "budget_exceeded") return { detail: "Cut off at the cost limit.", reason: "" };
  if (state === "done" && finish_reason === "length") return { detail: "Cut off at the length limit.", reason: "" };
  return { detail: "", reason: "" };
}
