// How far the run has come, and what it took. On a phone its steps are the tabs.
import { h, setText } from "../dom.js";
import { isLive } from "../state/turn.js";
import { cost, seconds, tokens } from "../text/format.js";

export function createRail(turn, open) {
  const steps = { panel: step("Panel"), comparison: step("Comparison"), answer: step("Answer") };
  for (const [name, { button }] of Object.entries(steps)) button.addEventListener("click", () => open(name));
  const totals = h("p", { class: "totals" });
  const element = h("div", { class: "rail" }, h("ol", { class: "stages", "aria-label": "Progress" }, Object.values(steps).map(({ element }) => element)), totals);

  function drawTotals() {
    const { usage, took_ms, began } = turn;
    const parts = [seconds(took_ms ?? Date.now() - began)];
    // Failures alone cost nothing, which needs no words.
    if (usage && (usage.completion_tokens > 0 || usage.cost !== 0)) parts.push(tokens(usage), cost(usage));
    setText(totals, parts.join(" · "));
  }

  return {
    element,
    drawTotals,
    draw() {
      const tab = element.closest(".turn")?.dataset.tab;
      for (const [name, { element, button, note, also }] of Object.entries(steps)) {
        const [state, words, more = ""] = STATES[name](turn);
        element.dataset.state = state;
        setText(note, words);
        setText(also, more);
        button.toggleAttribute("data-open", name === tab);
      }
      drawTotals();
    },
  };
}

function step(name) {
  const note = h("span", { class: "note" });
  const also = h("span", { class: "also" });
  const button = h("button", { type: "button" }, h("span", { class: "step" }, name), h("span", { class: "notes" }, note, also));
  return { element: h("li", { "data-state": "idle" }, button), button, note, also };
}

const STATES = {
  panel({ panel }) {
    if (panel.length === 0) return ["active", ""];
    const ready = panel.filter(({ state }) => state === "done").length;
    const failed = panel.filter(({ state }) => state === "failed").length;
    return [panel.some(isLive) ? "active" : ready > 0 ? "done" : "failed", `${ready} of ${panel.length}`, failed ? `, ${failed} failed` : ""];
  },
  comparison: ({ comparison: { state, items } }) =>
    ({ idle: ["idle", ""], working: ["active", items.length > 0 ? String(items.length) : "reading"], done: ["done", String(items.length)], failed: ["failed", "failed"], stopped: ["failed", "stopped"], skipped: ["done", "not needed"] })[state],
  answer: ({ answer: { state }, chosen }) =>
    chosen !== null ? ["done", "chosen"] : { idle: ["idle", ""], writing: ["active", "writing"], done: ["done", "ready"], stopped: ["failed", "stopped"] }[state],
};
