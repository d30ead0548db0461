// What the run warned of, and why it ended early: what was paid for, and what can be done.
import { h, tool } from "../dom.js";
import { explain } from "../text/explain.js";
import { cost, plural, tokens } from "../text/format.js";

export function createNotices(turn, actions) {
  const element = h("div", { class: "notices" });
  let shown = "";

  return {
    element,
    draw() {
      const wanted = [...turn.warnings.map(({ message }) => ({ kind: "warning", title: message, more: [] })), ...endNotice(turn)];
      const canGoOn = Boolean(turn.snapshot) && !actions.isBusy();
      const now = JSON.stringify([wanted, canGoOn]);
      if (now === shown) return;
      shown = now;
      element.replaceChildren(
        ...wanted.map(({ kind, title, more, resumable }) =>
          h(
            "div",
            { class: `notice ${kind}`, role: kind === "error" ? "alert" : "note" },
            h("p", {}, h("strong", {}, title)),
            more.filter(Boolean).map((line) => h("p", {}, line)),
            resumable && canGoOn && tool("retry", "Go on from here", () => actions.resume(turn), { words: true }),
          ),
        ),
      );
    },
  };
}

function endNotice(turn) {
  if (turn.chosen !== null) return [];
  if (turn.state === "stopped") return [{ kind: "quiet", title: "Stopped.", more: [paid(turn)], resumable: true }];
  if (turn.state === "interrupted") return [{ kind: "quiet", title: "This run was interrupted.", more: [`${paid(turn)} Going on asks only for what is missing.`], resumable: true }];
  if (turn.state !== "failed") return [];
  const { title, advice } = explain(turn.error, turn.setup);
  return [{ kind: "error", title, more: [advice, turn.error.message && `The message was: ${turn.error.message}`], resumable: turn.panel.some(({ state }) => state === "done") }];
}

function paid({ usage, panel }) {
  const ready = panel.filter(({ state }) => state === "done").length;
  const kept = ready > 0 ? `${plural(ready, "reply is", "replies are")} kept` : "Nothing had finished";
  if (!usage) return `${kept}.`;
  const unknown = usage.cost === null && usage.cost_so_far === 0;
  return unknown ? `${kept}; what it cost is not known.` : `${kept}; ${tokens(usage)}, ${cost(usage)} so far.`;
}
