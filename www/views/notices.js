// Shows the warnings of a run. If the run ended early, also shows the reason, the paid work, and
// how to continue.
import { h, tool } from "../dom.js";
import { budgetOf, isBudgetExceeded } from "../state/rerun.js";
import { describeError, readableMessage } from "../text/error-messages.js";
import { cost, dollars, modelName, plural, tokens } from "../text/format.js";
import { createFixButton } from "./fix-button.js";

export function createNotices(turn, actions) {
  // The notice about the end of a run is below the cards, so that it does not move them.
  const element = h("div", { class: "notices ends" });
  // Warnings come with the result, so they are below the text that is being read.
  const warnings = h("div", { class: "notices" });
  let drawn = "";

  function draw() {
    const [ends, warned] = [endNotices(turn), warningNotices(turn)];
    const canContinue = Boolean(turn.snapshot) && !actions.isBusy();
    const now = JSON.stringify([ends, warned, canContinue]);
    if (now === drawn) return;
    drawn = now;
    const resume = canContinue && ((options) => actions.resume(turn, options));
    const viewOf = (notice) => noticeView(notice, resume, fixOf(notice));
    element.replaceChildren(...ends.map(viewOf));
    warnings.replaceChildren(...warned.map((notice) => noticeView(notice)));
  }

  function fixOf({ error }) {
    const fix = createFixButton(turn, actions);
    fix.draw(error);
    return !fix.element.hidden && fix.element;
  }

  return { element, warnings, draw };
}

/**
 * @param resume `(options)` continues the run; false if that is not possible
 * @param fix a button that leads to the control that repairs the error, or false
 */
function noticeView({ kind, title, lines = [], buttons = [] }, resume, fix) {
  const role = ["error", "budget"].includes(kind) ? "alert" : "note";
  const texts = lines.filter(Boolean).map((line) => h("p", {}, line));
  const tools = buttons.map(({ label, options }) =>
    tool("retry", label, () => resume(options), { words: true }),
  );
  const all = [...(resume ? tools : []), ...(fix ? [fix] : [])];
  const row = all.length > 0 && h("div", { class: "notice-actions" }, all);
  const heading = h("p", {}, h("strong", {}, title));
  return h("div", { class: `notice ${kind}`, role }, heading, texts, row);
}

function warningNotices(turn) {
  // The warnings are below the answer. A growing answer would push them down, so show them only
  // after the run has ended.
  if (turn.state === "running") return [];
  // If the budget is spent, a warning about missing replies is not needed.
  const isNews = ({ code }) =>
    !["one_response", "degraded_panel"].includes(code) || !isBudgetExceeded(turn);
  return turn.warnings
    .filter(isNews)
    .map((warning) => ({ kind: "warning", ...warningText(warning, turn) }));
}

function warningText({ code, message }, { panel, setup }) {
  const missing = panel.filter(({ state, error }) => state === "failed" && error);
  if (code === "leaked_fence") return { title: "The answer repeats markers of its prompt." };
  if (code !== "degraded_panel" || missing.length === 0) {
    return { title: asSentence(readableMessage(message)) };
  }
  const answered = panel.filter(({ state }) => state === "done").length;
  const reasons = missing.map(({ model, error }) => {
    return `${modelName(model).name} is missing. ${describeError(error, setup).title}`;
  });
  return {
    title: `The answer uses ${answered} of ${plural(panel.length, "reply", "replies")}.`,
    lines: reasons,
  };
}

const asSentence = (text) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

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
  const lines = [advice, error.message && `Message: ${readableMessage(error.message)}`];
  const hasReply = panel.some((panelist) => panelist.state === "done");
  const retry = turn.to ? [{ label: "Try again" }] : [];
  return [{ kind: "error", title, lines, buttons: hasReply ? CONTINUE : retry, error }];
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

function paidText({ usage, panel, setup }) {
  const ready = panel.filter(({ state }) => state === "done").length;
  const kept = ready > 0 ? `${plural(ready, "reply is", "replies are")} kept` : "No reply finished";
  if (setup.isSample) return `${kept}. The sample is free.`;
  if (!usage) return `${kept}.`;
  if (usage.cost === null && usage.cost_so_far === 0) return `${kept}. Cost unknown.`;
  return `${kept}; ${tokens(usage)}, ${cost(usage)} so far.`;
}
