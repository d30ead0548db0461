// The answer on top: the writer's as it streams, or the panelist's reply that the person has taken instead.
import { copyButton, h, setShown, setText, tool } from "../dom.js";
import { afterDrawing } from "../render-scheduler.js";
import { usableAnswer } from "../state/turn.js";
import { modelName } from "../text/format.js";
import { growingMarkdown } from "../text/markdown.js";
import { sourceList, reasoningFold } from "./components.js";
import { createModelReplacer } from "./replace-model.js";

export function createAnswer(turn, actions) {
  const byline = h("p", { class: "byline" });
  const note = h("p", { class: "pending", hidden: true });
  const thinking = reasoningFold();
  const text = h("div", { class: "prose", dir: "auto" });
  const sources = h("ol", { class: "source-list" });
  const drawSources = sourceList(sources);
  const sourceBox = h("div", { class: "answer-sources", hidden: true }, h("h4", {}, "Sources"), sources);
  const copy = copyButton(() => usableAnswer(turn), { words: true });
  const back = tool("back", "Back to the writer's answer", () => actions.choose(turn, null), { words: true, hidden: true });
  const swap = createModelReplacer(turn, "writer", actions);
  const element = h("section", { class: "answer" }, h("header", {}, h("h3", {}, "Answer"), byline, h("div", { class: "tools" }, back, swap.button, copy)), note, thinking.element, text, sourceBox);
  const body = growingMarkdown(text, 4, (more) => more || afterDrawing(cite));

  function shown() {
    const { answer, chosen } = turn;
    if (chosen === null) return { ...answer, by: answer.model && `by ${modelName(answer.model).name}` };
    const { content, sources, model, finish_reason } = turn.panel[chosen];
    return { state: "done", content, sources, reasoning: "", finish_reason, by: `${modelName(model).name}’s reply, used as the answer` };
  }

  function draw() {
    const now = shown();
    const writing = now.state === "writing";
    element.dataset.phase = now.state;
    setText(byline, now.by || "");
    const sentence = said(now, turn);
    setText(note, sentence);
    setShown(note, sentence);
    thinking.set(now.reasoning);
    body.set(now.content, writing);
    drawSources(now.sources);
    setShown(sourceBox, now.sources.length > 0);
    swap.draw(turn.chosen === null);
    setShown(copy, now.content && !writing);
    setShown(back, turn.chosen !== null && turn.answer.content);
  }

  // Links to what is in the list get its number, so that it can be told at a glance what rests on a source.
  function cite() {
    const numbers = new Map(shown().sources.map(({ url }, nth) => [address(url), nth + 1]));
    for (const link of text.querySelectorAll("a[href]")) {
      const nth = numbers.get(link.href);
      if (nth) link.dataset.cite = nth;
    }
  }

  return { element, draw };
}

const address = (url) => URL.parse?.(url)?.href ?? url;

function said({ state, content, finish_reason, attempt, model }, turn) {
  if (state === "writing" && !content) return `${modelName(model).name} is writing the answer${attempt > 1 ? `, attempt ${attempt}` : ""}.`;
  if (state === "stopped") return "Stopped before it finished.";
  if (state === "done" && finish_reason === "length") return "Cut off at the length limit.";
  if (state === "done" && turn.chosen !== null && !turn.answer.content) return "Panel stopped; no answer written.";
  return "";
}
