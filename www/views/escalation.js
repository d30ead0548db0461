// Shows which further models have joined and why, or that no further model had to join. Also shows
// to which round the comparison belongs.
import { h, setShown, setText } from "../dom.js";
import { modelName, plural } from "../text/format.js";
import { kinshipText, namesOrCount } from "../text/kinship.js";

export function createEscalationNote(turn) {
  const joined = h("p", { class: "fine joined" });
  const kinship = h("p", { class: "fine" });
  const element = h("div", { class: "round-notes" }, joined, kinship);

  function draw() {
    const text = escalationText(turn);
    setText(joined, text);
    setShown(joined, text);
    const models = turn.panel.map(({ model }) => model);
    // The sample's replies and comparison are written by hand, so a note about model families would
    // be wrong.
    const family = turn.setup.isSample ? "" : kinshipText(turn.kinship, models);
    setText(kinship, family);
    setShown(kinship, family);
    setShown(element, text || family);
  }

  return { element, draw };
}

/** Whether this panelist has joined on disagreement. */
export const hasJoined = ({ escalation }, index) =>
  escalation?.status === "escalated" && escalation.further.some((member) => member.index === index);

export function escalationText(turn) {
  const { escalation, state } = turn;
  if (!escalation || escalation.further.length === 0) return "";
  const { status, further } = escalation;
  const names = namesOrCount(further.map(({ model }) => modelName(model).name));
  if (status === "escalated") return `${joinedText(escalation, names)} ${roundText(turn)}`.trim();
  if (status === "settled") return settledText(escalation, names);
  if (state !== "running") return `${names} did not join, because the run ended before.`;
  return `${names} will join only if the panel disagrees.`;
}

function joinedText({ further, reason, contradictions }, names) {
  if (reason !== "contradictions") return `${names} joined.`;
  const others = `the first ${plural(further[0].index, "model")}`;
  const points = plural(contradictions ?? 1, "point");
  return `${names} joined, because ${others} disagreed on ${points}.`;
}

function roundText({ comparison, state }) {
  if (comparison.round === 2) return "This is the second comparison, of all replies.";
  if (comparison.error) return "The second comparison failed, so the first one stands.";
  if (comparison.state !== "done") return "";
  const next = state === "running" ? "The second one follows their replies." : "";
  return `This is the first comparison. ${next}`.trim();
}

function settledText({ reason, contradictions }, names) {
  if (reason === "no_analysis") return `${names} did not join, because there was no comparison.`;
  if (reason !== "agreement") return `${names} did not join, because the rest was skipped.`;
  const found = contradictions
    ? `only ${plural(contradictions, "disagreement")}`
    : "no disagreement";
  return `${names} did not have to join: the comparison found ${found}.`;
}
