// How far the run has come, and what it took. On a phone its steps are the tabs.
import { h, setText } from "../dom.js";
import { isBudgetExceeded } from "../state/rerun.js";
import { isLive } from "../state/turn.js";
import { createMeter } from "./meter.js";

export function createProgress(turn, open) {
  const steps = { panel: step("Panel"), comparison: step("Comparison"), answer: step("Answer") };
  for (const [name, { button }] of Object.entries(steps)) button.addEventListener("click", () => open(name));
  const meter = createMeter(turn);
  const element = h("div", { class: "progress" }, h("ol", { class: "stages", "aria-label": "Progress" }, Object.values(steps).map(({ element }) => element)), meter.element);

  return {
    element,
    drawTotals: meter.draw,
    draw() {
      const tab = element.closest(".turn")?.dataset.tab;
      for (const [name, { element, button, note, also }] of Object.entries(steps)) {
        const [state, words, more = ""] = STATES[name](turn);
        element.dataset.state = state;
        setText(note, words);
        setText(also, more);
        button.toggleAttribute("data-open", name === tab);
      }
      meter.draw();
    },
  };
}

function step(name) {
  const note = h("span", { class: "note" });
  const also = h("span", { class: "also" });
  const button = h("button", { type: "button" }, h("span", { class: "step" }, name), h("span", { class: "notes" }, note, also));
  return { element: h("li", { "data-state": "idle" }, button), button, note, also };
}

const IDLE = ["idle", ""];
const STATES = {
  panel({ panel }) {
    if (panel.length === 0) return ["active", ""];
    const ready = panel.filter(({ state }) => state === "done").length;
    const failed = panel.filter(({ state }) => state === "failed").length;
    return [panel.some(isLive) ? "active" : ready > 0 ? "done" : "failed", `${ready} of ${panel.length}`, failed ? `, ${failed} failed` : ""];
  },
  comparison(turn) {
    const { state, items } = turn.comparison;
    // What was not begun for want of money has not failed.
    if (state === "failed" && isBudgetExceeded(turn)) return IDLE;
    return { idle: IDLE, working: ["active", items.length > 0 ? String(items.length) : "reading"], done: ["done", String(items.length)], failed: ["failed", "failed"], stopped: ["failed", "stopped"], skipped: ["done", "not needed"] }[state];
  },
  answer(turn) {
    const { state, content } = turn.answer;
    if (turn.chosen !== null) return ["done", "chosen"];
    if (!content && isBudgetExceeded(turn)) return IDLE;
    return { idle: IDLE, writing: ["active", "writing"], done: ["done", "ready"], stopped: ["failed", "stopped"] }[state];
  },
};
