// The view of the answer. It shows the writer's streamed text, or the reply that the user has
// chosen.
import { copyButton, h, setShown, setText, tool } from "../dom.js";
import { afterDrawing } from "../render-scheduler.js";
import { usableAnswer } from "../state/turn.js";
import { modelName } from "../text/format.js";
import { growingMarkdown } from "../text/markdown.js";
import { reasoningFold, sourceList } from "./components.js";
import { createModelReplacer } from "./replace-model.js";
import { silenceWatch } from "./silence.js";

/** This function is long because its drawing functions share the elements. */
export function createAnswer(turn, actions) {
  const byline = h("p", { class: "byline" });
  const note = h("p", { class: "pending", hidden: true });
  const reasoning = reasoningFold();
  const text = h("div", { class: "prose", dir: "auto" });
  const sources = h("ol", { class: "source-list" });
  const sourceBox = h("div", { class: "answer-sources", hidden: true });
  sourceBox.append(h("h4", {}, "Sources"), sources);
  const drawSources = sourceList(sources);
  const copy = copyButton(() => usableAnswer(turn), { words: true });
  const toWriter = () => actions.choose(turn, null);
  const back = tool("back", "Back to the writer's answer", toWriter, { words: true, hidden: true });
  const replacer = createModelReplacer(turn, "writer", actions);
  const tools = h("div", { class: "tools" }, back, replacer.button, copy);
  const header = h("header", {}, h("h3", {}, "Answer"), byline);
  const quiet = h("p", { class: "fine doubt", hidden: true });
  const silenceOf = silenceWatch();
  const element = h("div", {
    class: "answer",
    tabindex: -1,
    role: "group",
    "aria-label": "Answer",
  });
  // The tools are below the text, because they appear at the end and must not move it.
  const footer = h("footer", {}, tools);
  element.append(header, reasoning.element, note, text, quiet, sourceBox, footer);
  const body = growingMarkdown(text, 4, (isGrowing) => isGrowing || afterDrawing(number));

  const number = () => numberCitations(text, shownAnswer(turn));

  function draw() {
    const shown = shownAnswer(turn);
    const isWriting = shown.state === "writing";
    element.dataset.phase = shown.state;
    setText(byline, shown.by || "");
    const sentence = noteText(shown, turn);
    setText(note, sentence);
    setShown(note, sentence);
    reasoning.set(shown.reasoning);
    body.set(shown.content, isWriting);
    drawSources(shown.sources);
    setShown(sourceBox, shown.sources.length > 0);
    replacer.draw(turn.chosen === null);
    setShown(copy, shown.content && !isWriting);
    setShown(back, turn.chosen !== null && turn.answer.content);
    drawTime();
  }

  function drawTime() {
    const { state, content, reasoning: thoughts } = turn.answer;
    const sentence = silenceOf(state === "writing", content, thoughts);
    setText(quiet, sentence && `${sentence}. You can wait, or stop and continue later.`);
    setShown(quiet, sentence);
  }

  return { element, draw, drawTime };
}

/** Returns the writer's answer, or the reply that the person uses as the answer. */
export function shownAnswer({ answer, chosen, panel }) {
  if (chosen === null) {
    return { ...answer, by: answer.model && `by ${modelName(answer.model).name}` };
  }
  const { content, sources, model, finish_reason } = panel[chosen];
  const by = `${modelName(model).name}’s reply, used as the answer`;
  return { state: "done", content, sources, reasoning: "", finish_reason, by };
}

/** Numbers the links in a text. A link to a listed source gets its number in the list. */
export function numberCitations(text, { sources }) {
  const numbers = new Map(sources.map(({ url }, nth) => [absoluteUrl(url), nth + 1]));
  for (const link of text.querySelectorAll("a[href]")) {
    const nth = numbers.get(link.href);
    if (nth) link.dataset.cite = nth;
  }
}

const absoluteUrl = (url) => URL.parse?.(url)?.href ?? url;

/** Returns what a person must know about an answer, or "". */
export function noteText({ state, content, finish_reason, attempt, model }, turn) {
  if (state === "writing" && !content) {
    const nth = attempt > 1 ? `, attempt ${attempt}` : "";
    return `${modelName(model).name} is writing the answer${nth}.`;
  }
  if (state === "stopped") return "Stopped before it finished.";
  if (state === "done" && finish_reason === "length") return "Cut off at the length limit.";
  if (state === "done" && turn.chosen !== null && !turn.answer.content) {
    return "Panel stopped; no answer written.";
  }
  return "";
}
