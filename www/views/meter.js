// Shows the time, tokens and cost of a run so far, and the spent share of its budget.
import { h, setShown, setText } from "../dom.js";
import { budgetOf, isBudgetExceeded } from "../state/rerun.js";
import { costOf, dollars, money, seconds, tokens } from "../text/format.js";

export function createMeter(turn) {
  const totals = h("p", { class: "totals" });
  const fill = h("span");
  const bar = h("div", {
    class: "budget-meter",
    role: "meter",
    "aria-label": "Budget spent",
    "aria-valuemin": 0,
    hidden: true,
  });
  bar.append(fill);
  const element = h("div", { class: "meters" }, totals, bar);
  let drawn;

  function draw() {
    const { usage, took_ms, began, state, setup } = turn;
    const budget = budgetOf(turn);
    // If the calls produced no tokens and their cost is 0, there is no cost to show.
    const hasCost = usage && (usage.completion_tokens > 0 || usage.cost !== 0);
    const spent = hasCost ? costOf(usage, setup) : money(0);
    const text = budget ? `${spent} of ${dollars(budget)}` : spent;
    const parts = [seconds(took_ms ?? Date.now() - began)];
    if (hasCost && hasTokens(usage, setup)) parts.push(tokens(usage));
    if (budget || hasCost) parts.push(state === "running" ? `${text} so far` : text);
    setText(totals, parts.join(" · "));
    setShown(bar, budget);
    if (budget) drawBar(budget, text);
  }

  function drawBar(budget, text) {
    // If a call was cut off at the limit, its cost is unknown. The known cost then stays below the
    // budget, so show the meter as full.
    const isReached = isBudgetExceeded(turn);
    const share = isReached ? 1 : Math.min((turn.usage?.cost_so_far ?? 0) / budget, 1);
    const now = `${share} ${text}`;
    if (now === drawn) return;
    drawn = now;
    fill.style.width = `${100 * share}%`;
    bar.toggleAttribute("data-reached", isReached);
    bar.setAttribute("aria-valuemax", budget);
    bar.setAttribute("aria-valuenow", share * budget);
    bar.setAttribute("aria-valuetext", isReached ? `${text}, limit reached` : text);
  }

  return { element, draw };
}

/** The sample's calls have no token count if they were stopped. */
const hasTokens = ({ completion_tokens }, { isSample }) => completion_tokens > 0 || !isSample;
