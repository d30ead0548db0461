// The final answer: streamed text, its sources, the writer's state.
import { h, setText } from "./dom.js";
import { nextFrame } from "./frame.js";
import { modelName } from "./format.js";
import { growingMarkdown } from "./markdown.js";
import { showSource } from "./panel.js";

export function createAnswer() {
  const note = h("p", { class: "pending" }, "Comes after the comparison.");
  const thoughts = h("div", { class: "thoughts" });
  const thinking = h("details", { class: "thinking", hidden: true }, h("summary", {}, "Thinking"), thoughts);
  const text = h("div", { class: "prose" });
  const sources = h("ol", { class: "source-list" });
  const sourceBox = h("div", { class: "answer-sources", hidden: true }, h("h4", {}, "Sources"), sources);
  const copy = h("button", { type: "button", class: "quiet", hidden: true, onclick: copyText }, "Copy");
  const element = h(
    "section",
    { class: "card answer", "data-phase": "idle", "aria-label": "Answer" },
    h("header", {}, h("h3", {}, "Answer"), copy),
    note,
    thinking,
    text,
    sourceBox,
  );
  const body = growingMarkdown(text);
  // Beside a longer comparison the answer stays in view; one taller than the window stops at its own end.
  new ResizeObserver(() => {
    element.style.top = `${Math.min(16, innerHeight - element.offsetHeight - 16)}px`;
  }).observe(element);
  const urls = new Set();
  let content = "";

  const draw = () => body.set(content, element.dataset.phase === "writing");
  const say = (sentence) => {
    setText(note, sentence);
    note.hidden = !sentence;
  };

  async function copyText() {
    await navigator.clipboard.writeText(content);
    setText(copy, "Copied");
    setTimeout(() => setText(copy, "Copy"), 1500);
  }

  return {
    element,
    on(event) {
      switch (event.type) {
        case "answer.started":
          content = "";
          thoughts.textContent = "";
          element.dataset.phase = "writing";
          say(`${modelName(event.model).name} is writing it${event.attempt > 1 ? ", once more from the start" : ""}.`);
          return nextFrame(draw);
        case "answer.reasoning":
          thinking.hidden = false;
          thoughts.append(event.delta);
          return;
        case "answer.delta":
          content += event.delta;
          say("");
          return nextFrame(draw);
        case "answer.source":
          sourceBox.hidden = false;
          return showSource(sources, urls, event);
        case "answer.completed":
          content = event.content;
          element.dataset.phase = "done";
          copy.hidden = !content;
          say(event.finish_reason === "length" ? "Cut off at the length limit." : "");
          return nextFrame(draw);
      }
    },
    /** The run ended, perhaps in the middle of it. */
    stop() {
      if (element.dataset.phase !== "writing") return;
      element.dataset.phase = "stopped";
      say("Stopped before it was finished.");
      nextFrame(draw);
    },
  };
}
