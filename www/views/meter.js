// What a run has taken so far: time, tokens, money; and how much of its limit that is.
import { h, setShown, setText } from "../dom.js";
import { budgetOf, isBudgetExceeded } from "../state/rerun.js";
import { cost, dollars, money, seconds, tokens } from "../text/format.js";

export function createMeter(turn) {
  const totals = h("p", { class: "totals" });
  const fill = h("span");
  const bar = h("div", { class: "budget-meter", role: "meter", "aria-label": "Budget spent", "aria-valuemin": 0, hidden: true }, fill);
  const element = h("div", { class: "meters" }, totals, bar);
  let drawn;

  return {
    element,
    draw() {
      const { usage, took_ms, began, state } = turn;
      const parts = [seconds(took_ms ?? Date.now() - began)];
      const limit = budgetOf(turn);
      // Failures alone cost nothing, which needs no words.
      const spends = usage && (usage.completion_tokens > 0 || usage.cost !== 0);
      if (spends) parts.push(tokens(usage));
      const spent = spends ? cost(usage) : money(0);
      const words = limit ? `${spent} of ${dollars(limit)}` : spent;
      if (limit || spends) parts.push(state === "running" ? `${words} so far` : words);
      setText(totals, parts.join(" · "));
      setShown(bar, limit);
      if (limit) fillUp(limit, words);
    },
  };

  // What a call had come to that was closed at the limit is in no bill: the limit was reached all the same.
  function fillUp(limit, words) {
    const reached = isBudgetExceeded(turn);
    const part = reached ? 1 : Math.min((turn.usage?.cost_so_far ?? 0) / limit, 1);
    const now = `${part} ${words}`;
    if (now === drawn) return;
    drawn = now;
    fill.style.width = `${100 * part}%`;
    bar.toggleAttribute("data-reached", reached);
    for (const [name, value] of [["max", limit], ["now", part * limit], ["text", reached ? `${words}, limit reached` : words]]) bar.setAttribute(`aria-value${name}`, value);
  }
}
