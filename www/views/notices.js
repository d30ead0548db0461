// The warnings of a run, and the notice if it ended early: the reason, the paid work, and how to
// continue.
import { h, tool } from "../dom.js";
import { budgetOf, isBudgetExceeded } from "../state/rerun.js";
import { describeError } from "../text/error-messages.js";
import { cost, dollars, plural, tokens } from "../text/format.js";

export function createNotices(turn, actions) {
  const element = h("div", { class: "notices" });
  let drawn = "";

  function draw() {
    const notices = [...endNotices(turn), ...warningNotices(turn)];
    const canContinue = Boolean(turn.snapshot) && !actions.isBusy();
    const now = JSON.stringify([notices, canContinue]);
    if (now === drawn) return;
    drawn = now;
    const resume = canContinue && ((options) => actions.resume(turn, options));
    element.replaceChildren(...notices.map((notice) => noticeView(notice, resume)));
  }

  return { element, draw };
}

/** @param resume `(options)` continues the run; false if that is not possible */
function noticeView({ kind, title, lines = [], buttons = [] }, resume) {
  const role = ["error", "budget"].includes(kind) ? "alert" : "note";
  const texts = lines.filter(Boolean).map((line) => h("p", {}, line));
  const tools = buttons.map(({ label, options }) =>
    tool("retry", label, () => resume(options), { words: true }),
  );
  const row = resume && tools.length > 0 && h("div", { class: "notice-actions" }, tools);
  const heading = h("p", {}, h("strong", {}, title));
  return h("div", { class: `notice ${kind}`, role }, heading, texts, row);
}

function warningNotices(turn) {
  // If the budget is spent, a warning about missing replies is not needed.
  const isNews = ({ code }) =>
    !["one_response", "degraded_panel"].includes(code) || !isBudgetExceeded(turn);
  return turn.warnings.filter(isNews).map(({ message }) => ({ kind: "warning", title: message }));
}

const CONTINUE = [{ label: "Continue" }];
const REUSED = "Finished replies are reused.";

function endNotices(turn) {
  const { chosen, state, error, setup, panel } = turn;
  if (chosen !== null) return [];
  if (state === "stopped") {
    return [{ kind: "quiet", title: "Stopped.", lines: [paidText(turn)], buttons: CONTINUE }];
  }
  if (state === "interrupted") {
    const lines = [`${paidText(turn)} ${REUSED}`];
    return [{ kind: "quiet", title: "This run was interrupted.", lines, buttons: CONTINUE }];
  }
  if (state !== "failed") return [];
  if (isBudgetExceeded(turn)) return [budgetNotice(turn)];
  const { title, advice } = describeError(error, setup);
  const lines = [advice, error.message && `Message: ${error.message}`];
  const hasReply = panel.some((panelist) => panelist.state === "done");
  return [{ kind: "error", title, lines, buttons: hasReply ? CONTINUE : [] }];
}

function budgetNotice(turn) {
  const budget = budgetOf(turn);
  const max_cost = 2 * Math.max(budget, turn.usage?.cost_so_far ?? 0);
  const hasUnknownCost = turn.usage?.cost === null;
  const more = hasUnknownCost ? " Interrupted calls may cost extra." : "";
  return {
    kind: "budget",
    title: budget ? `Stopped at your limit of ${dollars(budget)}.` : "Stopped at the cost limit.",
    lines: [`${paidText(turn)}${more}`, REUSED],
    buttons: [
      { label: `Continue up to ${dollars(max_cost)}`, options: { max_cost } },
      { label: "Continue without a limit", options: { max_cost: null } },
    ],
  };
}

function paidText({ usage, panel }) {
  const ready = panel.filter(({ state }) => state === "done").length;
  const kept = ready > 0 ? `${plural(ready, "reply is", "replies are")} kept` : "No reply finished";
  if (!usage) return `${kept}.`;
  if (usage.cost === null && usage.cost_so_far === 0) return `${kept}. Cost unknown.`;
  return `${kept}; ${tokens(usage)}, ${cost(usage)} so far.`;
}
