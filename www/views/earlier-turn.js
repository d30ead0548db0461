// The folded view of an earlier turn: its question and its answer in few elements, so that a long
// conversation stays small. When the person opens the turn, views/turn.js takes its place.
import { h, setShown, setText } from "../dom.js";
import { nextFrame } from "../render-scheduler.js";
import { growingMarkdown } from "../text/markdown.js";
import { noteText, numberCitations, shownAnswer } from "./answer.js";
import { foldButton, sampleLabel } from "./components.js";
import { createQuestion } from "./question.js";

/**
 * @param actions see `createApp()`
 * @param open opens the turn
 */
export function createEarlierTurn(turn, actions, open) {
  const question = createQuestion(turn, actions);
  const byline = h("p", { class: "byline" });
  const text = h("div", { class: "prose", dir: "auto" });
  const header = h("header", {}, h("h3", {}, "Answer"), byline);
  const answer = h("div", { class: "answer", role: "group", "aria-label": "Answer" }, header, text);
  const body = growingMarkdown(text, 4, () => numberCitations(text, shownAnswer(turn)));
  const { isSample } = turn.setup;
  const props = { class: "turn", "data-earlier": "", "data-folded": "" };
  const element = h("article", props, question.element, isSample && sampleLabel(), answer);
  if (!turn.to) element.append(foldButton(false, open));
  let note = null;

  function draw() {
    const shown = shownAnswer(turn);
    const sentence = noteText(shown, turn) || (shown.content ? "" : endText(turn));
    question.draw();
    element.dataset.state = turn.state;
    setText(byline, shown.by || "");
    setShown(header, shown.content);
    if (sentence && !note) {
      note = h("p", { class: "pending" });
      text.before(note);
    }
    if (note) setText(note, sentence);
    body.set(shown.content, false);
  }

  return {
    element,
    draw,
    update: () => nextFrame(draw),
    isEditing: () => element.querySelector("form") !== null,
    close() {},
  };
}

const ENDS = {
  stopped: "Stopped before an answer.",
  interrupted: "Interrupted before an answer.",
  failed: "This run failed.",
  running: "Running.",
};

const endText = ({ state }) => ENDS[state] ?? "No answer.";
