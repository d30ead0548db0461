// The card of one panelist.
import { copyButton, h, icon, setShown, setText, tool } from "../dom.js";
import { afterDrawing } from "../render-scheduler.js";
import { isLive } from "../state/turn.js";
import { describeError, readableMessage } from "../text/error-messages.js";
import { cost, letter, modelName, seconds, tokens } from "../text/format.js";
import { growingMarkdown } from "../text/markdown.js";
import { badge, reasoningFold, sourceList, toolList } from "./components.js";
import { createFixButton } from "./fix-button.js";
import { createMemberMenu } from "./member-menu.js";

const STATE_NAMES = {
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

/**
 * This function is long because its drawing functions share the elements.
 * @param id unique on the page, for links to the card
 */
export function createCard(turn, index, id, actions) {
  const panelist = () => turn.panel[index];
  const { name } = modelName(panelist().model);
  const parts = createParts();
  const drawTools = toolList(parts.tools);
  const drawSources = sourceList(parts.sources);
  const menu = createMemberMenu(turn, index, `${id}-menu`, actions);
  const fix = createFixButton(turn, actions);
  const buttons = createButtons({ turn, index, name, actions, enlarge });
  const scroller = h(
    "div",
    // This element can get the focus, so that the keyboard can scroll it.
    {
      class: "scroller",
      tabindex: 0,
      role: "group",
      "aria-label": `Reply ${index + 1}, ${name}`,
    },
    parts.reasoning.element,
    parts.tools,
    parts.skeleton,
    parts.text,
    parts.sources,
  );
  const element = h(
    "article",
    {
      class: "panelist",
      id,
      "data-panelist": index,
      "data-index": index,
      "aria-label": `Panelist ${index + 1}, ${panelist().model}`,
    },
    h(
      "header",
      {},
      badge(index),
      h("div", { class: "who" }, parts.name, parts.maker),
      h("p", { class: "state" }, parts.state, parts.time),
      buttons.expand,
    ),
    parts.detail,
    parts.reason,
    scroller,
    h(
      "footer",
      {},
      parts.meter,
      h(
        "div",
        { class: "tools" },
        buttons.stop,
        buttons.retry,
        fix.element,
        buttons.again,
        buttons.copy,
        buttons.use,
        menu.button,
      ),
    ),
    menu.element,
  );
  const scrolling = followEnd(scroller);
  const body = growingMarkdown(parts.text, 5, (isGrowing) =>
    afterDrawing(isGrowing ? scrolling.follow : scrolling.finish),
  );

  function drawTime() {
    const { state, began, took_ms } = panelist();
    if (took_ms === null && !isLive({ state })) return;
    parts.time.textContent = seconds(took_ms ?? Date.now() - began);
  }

  function draw() {
    const now = panelist();
    const live = isLive(now);
    const served = modelName(now.served);
    if (element.dataset.phase !== now.state) element.dataset.phase = now.state;
    setText(parts.name, served.name);
    setText(parts.maker, [served.maker, blindLabel(turn, index)].filter(Boolean).join(" · "));
    setText(parts.state, STATE_NAMES[now.state]);
    drawTime();
    const { detail, reason } = explanation(now, turn.setup);
    setText(parts.detail, detail);
    setShown(parts.detail, detail);
    setText(parts.reason, reason);
    drawTools(now.tools);
    drawSources(now.sources);
    parts.reasoning.set(now.reasoning);
    setShown(parts.skeleton, live && !now.content && !now.reasoning);
    setText(parts.meter, meterText(now));
    body.set(now.content, live);
    drawButtons(now, live);
  }

  function drawButtons(now, live) {
    const isRunning = turn.state === "running";
    const isDone = now.state === "done";
    const isPanelOpen = turn.panel.some(isLive);
    const canRun = isRunning ? isPanelOpen && !isDone : !actions.isBusy() && turn.snapshot;
    setShown(buttons.stop, live);
    menu.draw();
    fix.draw(now.state === "failed" && now.error);
    setShown(buttons.retry, !live && !isDone && canRun);
    setShown(buttons.again, isDone && canRun);
    setShown(buttons.copy, !live && now.content);
    setShown(buttons.use, now.content && isDone && turn.chosen !== index);
    // The text of the button is "Use", because the card is narrow. This label says more.
    const label = isRunning ? "Use this answer and stop" : "Use this answer";
    if (buttons.use.ariaLabel !== label) buttons.use.ariaLabel = label;
    element.toggleAttribute("data-chosen", turn.chosen === index);
  }

  function enlarge() {
    const open = element.closest("dialog");
    if (open) open.close();
    else showEnlarged(element, name, buttons.expand);
  }

  return { element, scroller, text: parts.text, draw, drawTime, onShown: scrolling.onShown };
}

const createParts = () => ({
  name: h("h4", {}),
  maker: h("span", { class: "maker" }),
  state: h("span", { class: "phase" }),
  time: h("span", { class: "time" }),
  detail: h("p", { class: "detail", hidden: true }),
  reason: h("p", { class: "reason" }),
  tools: h("ul", { class: "chips", "aria-label": "Tools used" }),
  text: h("div", { class: "prose small", dir: "auto" }),
  skeleton: h("div", { class: "skeleton", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
  sources: h("ul", { class: "chips sources", "aria-label": "Sources" }),
  meter: h("p", { class: "meter" }),
  reasoning: reasoningFold(),
});

function createButtons({ turn, index, name, actions, enlarge }) {
  const words = true;
  const rerun = () => actions.rerun(turn, [index]);
  const use = () => actions.choose(turn, index);
  const title = "Use this reply as the answer; follow-ups build on it";
  return {
    stop: tool("stop", "Stop", () => actions.stopPanelist(turn, index), { words }),
    retry: tool("retry", "Retry", rerun, { words }),
    again: tool("retry", `Ask ${name} again`, rerun),
    use: tool("take", "Use", use, { words, title }),
    copy: copyButton(() => turn.panel[index].content),
    expand: tool("expand", `Enlarge the reply of ${name}`, enlarge),
  };
}

/**
 * Keeps the end of a growing text visible. Scrolls back to the beginning when the text is complete.
 */
function followEnd(scroller) {
  let isFollowing = true;
  let goesToTop = false;
  let before = 0;
  const onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < 40;
    // When the text grows, the position is not at the end for a moment. Therefore only scrolling up
    // stops the following.
    if (isAtEnd || scrollTop < before - 20) isFollowing = isAtEnd;
    before = scrollTop;
  };
  scroller.addEventListener("scroll", onScroll, { passive: true });

  function onShown() {
    // On a phone, a card in a tab that is not shown has no height and cannot scroll yet.
    if (!goesToTop || scroller.clientHeight === 0) return;
    scroller.scrollTop = 0;
    goesToTop = false;
  }

  return {
    onShown,
    follow() {
      // Scroll beyond the end. Reading scrollHeight would force another layout for each card.
      if (isFollowing) scroller.scrollTop = 1e7;
    },
    finish() {
      goesToTop ||= isFollowing;
      isFollowing = false;
      onShown();
    },
  };
}

/**
 * Moves the card into a dialog and, when the dialog closes, back. The card can grow in the dialog.
 */
function showEnlarged(card, name, button) {
  const placeholder = h("div", { class: "panelist placeholder" });
  const dialog = h("dialog", { class: "enlarged", "aria-label": `Reply of ${name}` });
  card.replaceWith(placeholder);
  dialog.append(card);
  document.body.append(dialog);
  const showButton = (iconName, label) => {
    button.replaceChildren(icon(iconName));
    for (const attribute of ["aria-label", "title"]) button.setAttribute(attribute, label);
  };
  showButton("shrink", "Back to the panel");
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    placeholder.replaceWith(card);
    dialog.remove();
    showButton("expand", `Enlarge the reply of ${name}`);
    button.focus({ preventScroll: true });
  });
  dialog.showModal();
}

/** Returns the panelist's blind label if the comparison is done. */
function blindLabel({ comparison }, index) {
  const position = comparison.state === "done" ? comparison.order.indexOf(index) : -1;
  return position >= 0 && `Blind label ${letter(position)}`;
}

function meterText({ usage, restored }) {
  return usage ? `${tokens(usage)} · ${restored ? "reused" : cost(usage)}` : "";
}

/** Returns the sentences below the header: what happened, and what the person can do. */
function explanation({ state, error, retry, finish_reason }, setup) {
  const only = (detail) => ({ detail, reason: "" });
  if (state === "retrying") {
    const next = retry.next_model
      ? `Next: ${modelName(retry.next_model).name}.`
      : `Next attempt in ${seconds(retry.delay_ms)}.`;
    return only(`${describeError(retry.error, setup).title} ${next}`);
  }
  if (state === "queued") return only("Waiting for a free connection.");
  if (state === "failed") {
    const { title, advice } = describeError(error, setup);
    // Leave out the advice on a network error. It is long, so the page shows it once above all
    // cards.
    const detail = error.code === "network_error" ? title : `${title} ${advice}`;
    return { detail, reason: readableMessage(error.message) };
  }
  if (error?.code === "budget_exceeded") return only("Cut off at the cost limit.");
  if (state === "done" && finish_reason === "length") return only("Cut off at the length limit.");
  return only("");
}
