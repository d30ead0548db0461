// What the run warned of, and why it ended early: what was paid for, and what can be done.
import { h, tool } from "../dom.js";
import { budgetOf, isBudgetExceeded } from "../state/rerun.js";
import { describeError } from "../text/error-messages.js";
import { cost, dollars, plural, tokens } from "../text/format.js";

export function createNotices(turn, actions) {
  const element = h("div", { class: "notices" });
  let shown = "";

  return {
    element,
    draw() {
      // Where the money ran out, a small panel needs no explanation of its own.
      const warnings = turn.warnings.filter(({ code }) => code !== "one_response" || !isBudgetExceeded(turn));
      const wanted = [...endNotice(turn), ...warnings.map(({ message }) => ({ kind: "warning", title: message, more: [] }))];
      const canGoOn = Boolean(turn.snapshot) && !actions.isBusy();
      const now = JSON.stringify([wanted, canGoOn]);
      if (now === shown) return;
      shown = now;
      element.replaceChildren(
        ...wanted.map(({ kind, title, more, ways = [] }) =>
          h(
            "div",
            { class: `notice ${kind}`, role: ["error", "budget"].includes(kind) ? "alert" : "note" },
            h("p", {}, h("strong", {}, title)),
            more.filter(Boolean).map((line) => h("p", {}, line)),
            canGoOn && ways.length > 0 && h("div", { class: "notice-actions" }, ways.map(([words, more]) => tool("retry", words, () => actions.resume(turn, more), { words: true }))),
          ),
        ),
      );
    },
  };
}

const GO_ON = [["Continue"]];

function endNotice(turn) {
  if (turn.chosen !== null) return [];
  if (turn.state === "stopped") return [{ kind: "quiet", title: "Stopped.", more: [paid(turn)], ways: GO_ON }];
  if (turn.state === "interrupted") return [{ kind: "quiet", title: "This run was interrupted.", more: [`${paid(turn)} Finished replies are reused.`], ways: GO_ON }];
  if (turn.state !== "failed") return [];
  if (isBudgetExceeded(turn)) return [outOfMoney(turn)];
  const { title, advice } = describeError(turn.error, turn.setup);
  return [{ kind: "error", title, more: [advice, turn.error.message && `Message: ${turn.error.message}`], ways: turn.panel.some(({ state }) => state === "done") ? GO_ON : [] }];
}

function outOfMoney(turn) {
  const limit = budgetOf(turn);
  const more = 2 * Math.max(limit, turn.usage?.cost_so_far ?? 0);
  return {
    kind: "budget",
    title: limit ? `Stopped at your limit of ${dollars(limit)}.` : "Stopped at the cost limit.",
    more: [`${paid(turn)}${turn.usage?.cost === null ? " Interrupted calls may cost extra." : ""}`, "Finished replies are reused."],
    ways: [[`Continue up to ${dollars(more)}`, { max_cost: more }], ["Continue without a limit", { max_cost: null }]],
  };
}

function paid({ usage, panel }) {
  const ready = panel.filter(({ state }) => state === "done").length;
  const kept = ready > 0 ? `${plural(ready, "reply is", "replies are")} kept` : "No reply finished";
  if (!usage) return `${kept}.`;
  const unknown = usage.cost === null && usage.cost_so_far === 0;
  return unknown ? `${kept}. Cost unknown.` : `${kept}; ${tokens(usage)}, ${cost(usage)} so far.`;
}
