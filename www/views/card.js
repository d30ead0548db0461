// The card of one panelist.
import { copyButton, h, icon, setShown, setText, tool } from "../dom.js";
import { afterDrawing } from "../render-scheduler.js";
import { isLive } from "../state/turn.js";
import { describeError, readableMessage } from "../text/error-messages.js";
import { costOf, letter, modelName, seconds, tokens } from "../text/format.js";
import { growingMarkdown } from "../text/markdown.js";
import { badge, reasoningFold, sourceList, toolList } from "./components.js";
import { hasJoined } from "./escalation.js";
import { createFixButton } from "./fix-button.js";
import { followEnd } from "./follow-end.js";
import { createMemberMenu } from "./member-menu.js";
import { silenceWatch } from "./silence.js";

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
  const buttons = createButtons({ turn, index, name, actions });
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
    parts.thought,
    parts.text,
    parts.sources,
  );
  const silence = h("div", { class: "silence", role: "note", hidden: true });
  silence.append(parts.silence, buttons.skip, buttons.restart);
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
    silence,
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
  const silenceOf = silenceWatch();
  const body = growingMarkdown(parts.text, 5, (isGrowing) =>
    afterDrawing(isGrowing ? scrolling.follow : scrolling.finish),
  );

  function drawTime() {
    const { state, began, took_ms } = panelist();
    if (took_ms === null && !isLive({ state })) return;
    parts.time.textContent = seconds(took_ms ?? Date.now() - began);
    drawSilence();
  }

  function drawSilence() {
    const { state, content, reasoning, tools } = panelist();
    const isStreaming = state === "writing" || state === "thinking";
    const sentence = silenceOf(isStreaming, content, reasoning, tools);
    setText(parts.silence, sentence);
    setShown(silence, sentence);
    setText(parts.state, sentence ? "Stalled" : STATE_NAMES[state]);
    setShown(buttons.stop, isLive({ state }) && !sentence);
  }

  function draw() {
    const now = panelist();
    const live = isLive(now);
    const served = modelName(now.served);
    if (element.dataset.phase !== now.state) element.dataset.phase = now.state;
    setText(parts.name, served.name);
    const facts = [served.maker, hasJoined(turn, index) && "joined", blindLabel(turn, index)];
    setText(parts.maker, facts.filter(Boolean).join(" · "));
    drawTime();
    drawSilence();
    const { detail, reason } = explanation(now, turn.setup);
    setText(parts.detail, detail);
    setShown(parts.detail, detail);
    setText(parts.reason, reason);
    drawTools(now.tools);
    drawSources(now.sources);
    parts.reasoning.set(now.reasoning);
    setShown(parts.skeleton, live && !now.content && !now.reasoning);
    const thought = live && !now.content ? lastLine(now.reasoning) : "";
    setText(parts.thought, thought);
    setShown(parts.thought, thought);
    setText(parts.meter, meterText(now, turn.setup));
    body.set(now.content, live);
    drawButtons(now, live);
  }

  function drawButtons(now, live) {
    const isRunning = turn.state === "running";
    const isDone = now.state === "done";
    const isPanelOpen = turn.panel.some(isLive);
    const canRun = isRunning ? isPanelOpen && !isDone : !actions.isBusy() && turn.snapshot;
    menu.draw();
    fix.draw(now.state === "failed" && now.error);
    setShown(buttons.retry, !live && !isDone && canRun);
    setShown(buttons.again, isDone && canRun);
    setShown(buttons.copy, !live && now.content);
    setShown(buttons.use, now.content && isDone && turn.chosen !== index);
    // The card is narrow, so the text of the button is only "Use". Screen readers read this longer
    // label.
    const label = isRunning ? "Use this answer and stop" : "Use this answer";
    if (buttons.use.ariaLabel !== label) buttons.use.ariaLabel = label;
    element.toggleAttribute("data-chosen", turn.chosen === index);
  }

  return {
    element,
    scroller,
    text: parts.text,
    draw,
    drawTime,
    onShown: scrolling.onShown,
    expand: buttons.expand,
    /** @param isEnlarged whether the card is in the drawer */
    showEnlarged(isEnlarged) {
      const label = isEnlarged ? "Back to the panel" : `Enlarge the reply of ${name}`;
      if (buttons.expand.ariaLabel === label) return;
      buttons.expand.replaceChildren(icon(isEnlarged ? "shrink" : "expand"));
      for (const attribute of ["aria-label", "title"])
        buttons.expand.setAttribute(attribute, label);
    },
  };
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
  thought: h("p", { class: "last-thought", dir: "auto", "aria-hidden": "true", hidden: true }),
  meter: h("p", { class: "meter" }),
  silence: h("p", {}),
  reasoning: reasoningFold(),
});

function createButtons({ turn, index, name, actions }) {
  const words = true;
  const rerun = () => actions.rerun(turn, [index]);
  const use = () => actions.choose(turn, index);
  const title = "Use this reply as the answer; follow-ups build on it";
  return {
    stop: tool("stop", "Stop", () => actions.stopPanelist(turn, index), { words }),
    retry: tool("retry", "Retry", rerun, { words }),
    skip: tool("on", "Skip", () => actions.stopPanelist(turn, index), { words }),
    restart: tool("retry", "Retry", rerun, { words }),
    again: tool("retry", `Ask ${name} again`, rerun),
    use: tool("take", "Use", use, { words, title }),
    copy: copyButton(() => turn.panel[index].content),
    expand: tool("expand", `Enlarge the reply of ${name}`, actions.enlarge),
  };
}

/** Maximum length of the last line that a card shows. A longer line would not fit into the card. */
const MAX_LINE_CHARS = 240;

/** Returns the last line that has text. If the line is too long, returns only its end. */
function lastLine(text) {
  const end = text.slice(-4 * MAX_LINE_CHARS).trimEnd();
  return end.slice(end.lastIndexOf("\n") + 1).slice(-MAX_LINE_CHARS);
}

/** Returns the panelist's blind label if the comparison is done. */
function blindLabel({ comparison }, index) {
  const position = comparison.state === "done" ? comparison.order.indexOf(index) : -1;
  return position >= 0 && `Blind label ${letter(position)}`;
}

function meterText({ usage, restored }, setup) {
  if (!usage) return "";
  return `${tokens(usage)} · ${restored ? "reused" : costOf(usage, setup)}`;
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
