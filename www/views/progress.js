// Shows the three steps of a run (panel, comparison, answer) with their state, and the totals. On a
// phone, the steps are tabs.
import { h, setText } from "../dom.js";
import { isBudgetExceeded } from "../state/rerun.js";
import { isLive } from "../state/turn.js";
import { plural } from "../text/format.js";
import { createMeter } from "./meter.js";

/**
 * @param open `(name)` opens a step's tab
 * @param skip the button that skips the rest of a step. While the button is hidden, its place stays
 *   empty
 */
export function createProgress(turn, open, skip) {
  const steps = {
    panel: createStep("Panel"),
    comparison: createStep("Comparison"),
    answer: createStep("Answer"),
  };
  for (const [name, { button }] of Object.entries(steps)) {
    button.addEventListener("click", () => open(name));
  }
  const meter = createMeter(turn);
  const list = h("ol", { class: "stages", "aria-label": "Progress" });
  list.append(...Object.values(steps).map(({ element }) => element));
  const place = h("div", { class: "proceed" }, skip);
  const element = h("div", { class: "progress" }, list, place, meter.element);

  function draw() {
    const tab = element.closest(".turn")?.dataset.tab;
    for (const [name, step] of Object.entries(steps)) {
      const [state, text, more = ""] = STATES[name](turn);
      step.element.dataset.state = state;
      setText(step.note, text);
      setText(step.also, more);
      step.button.toggleAttribute("data-open", name === tab);
    }
    meter.draw();
  }

  return { element, drawTotals: meter.draw, draw };
}

function createStep(name) {
  const note = h("span", { class: "note" });
  const also = h("span", { class: "also" });
  const notes = h("span", { class: "notes" }, note, also);
  const button = h("button", { type: "button" }, h("span", { class: "step" }, name), notes);
  return { element: h("li", { "data-state": "idle" }, button), button, note, also };
}

const IDLE = ["idle", ""];

/**
 * For each step, a function of the turn that returns `[state, text, more]`. Only wide screens show
 * the text `more`.
 */
const STATES = {
  panel({ panel }) {
    if (panel.length === 0) return ["active", ""];
    const count = (wanted) => panel.filter(({ state }) => state === wanted).length;
    const ready = count("done");
    const failed = count("failed");
    const ended = ready > 0 ? "done" : failed > 0 ? "failed" : "stopped";
    const state = panel.some(isLive) ? "active" : ended;
    return [state, `${ready} of ${panel.length}`, failed ? `, ${failed} failed` : ""];
  },
  comparison(turn) {
    const { state, items } = turn.comparison;
    // If the budget was spent before the comparison began, the comparison has not failed.
    if (state === "failed" && isBudgetExceeded(turn)) return IDLE;
    const count = plural(items.length, "finding");
    return {
      idle: IDLE,
      working: ["active", items.length > 0 ? count : "reading"],
      done: ["done", count],
      failed: ["failed", "failed"],
      stopped: ["stopped", "stopped"],
      skipped: ["done", "not needed"],
    }[state];
  },
  answer(turn) {
    const { state, content } = turn.answer;
    if (turn.chosen !== null) return ["done", "chosen"];
    if (!content && isBudgetExceeded(turn)) return IDLE;
    return {
      idle: IDLE,
      writing: ["active", "writing"],
      done: ["done", "ready"],
      stopped: ["stopped", "stopped"],
    }[state];
  },
};
