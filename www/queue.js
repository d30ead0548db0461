// Manages the queue of follow-ups that a person writes during a run. When a run is done, the next
// follow-up is asked.
import { h, setShown, setText, tool } from "./dom.js";

/**
 * @param host the element with a list and a note
 * @param ask `(question)` resolves with whether the question was sent
 * @param edit `(question, replace)` moves a question into the form. `edit` must call `replace` with
 *   the question that was in the form before, or with null
 * @param onChange called with the changed queue
 */
export function createQueue(host, { ask, edit, onChange }) {
  const list = host.querySelector("ul");
  const note = host.querySelector("p");
  let questions = [];
  let isRunning = false;

  function set(next) {
    questions = next;
    draw();
    onChange(questions);
  }

  function draw() {
    setShown(host, questions.length > 0);
    list.replaceChildren(...questions.map(item));
    setText(note, isRunning ? "Asked when this run is done." : "Not asked yet.");
  }

  function item(question, nth) {
    const label = labelOf(question);
    const askNow = !isRunning && nth === 0 && tool("send", "Ask now", next, { words: true });
    return h(
      "li",
      {},
      h("span", { class: "queued-text", dir: "auto" }, label),
      h(
        "div",
        { class: "tools" },
        askNow,
        tool("edit", `Edit “${label}”`, () => edit(question, (other) => replace(question, other))),
        tool("close", `Remove “${label}”`, () => replace(question, null)),
      ),
    );
  }

  function replace(question, other) {
    const instead = other ? [other] : [];
    set(questions.flatMap((each) => (each === question ? instead : [each])));
  }

  async function next() {
    const [first] = questions;
    if (first && (await ask(first))) replace(first, null);
  }

  return {
    next,
    add: (question) => set([...questions, question]),
    /** Shows the queue of another conversation. */
    show(other) {
      questions = other;
      draw();
    },
    setRunning(running) {
      isRunning = running;
      draw();
    },
  };
}

function labelOf({ text, images, files = [] }) {
  const [line] = text.trim().split("\n");
  if (line) return line.slice(0, 120);
  return [...images, ...files][0]?.name ?? "";
}
