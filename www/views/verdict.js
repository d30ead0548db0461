// Shows the lines above an answer: the counts of the comparison, and a chip for each reply. A click
// on a count or a chip opens the part that it describes.
import { h, setShown, setText } from "../dom.js";
import { modelName, plural } from "../text/format.js";
import { badge } from "./components.js";

/** @param open `{ panel(), group(kind) }` */
export function createVerdict(turn, open) {
  const element = h("p", { class: "verdict", role: "group", "aria-label": "Verdict" });
  let drawn = "";

  function draw() {
    const parts = partsOf(turn);
    const now = JSON.stringify(parts);
    if (now === drawn) return;
    drawn = now;
    element.replaceChildren(...parts.flatMap(partView));
  }

  function partView({ text, kind }, nth) {
    const onclick = () => (kind === "panel" ? open.panel() : open.group(kind));
    const props = { type: "button", "data-part": kind, onclick };
    const part = kind ? h("button", props, text) : h("span", {}, text);
    return nth > 0 ? [" · ", part] : [part];
  }

  return { element, draw };
}

function partsOf({ panel, comparison }) {
  const ready = panel.filter(({ state }) => state === "done").length;
  const models = plural(panel.length, "model");
  const text = ready === panel.length ? models : `${ready} of ${models}`;
  return [{ text, kind: "panel" }, ...findings(comparison)];
}

function findings({ state, items }) {
  if (state !== "done") return [{ text: "not compared" }];
  const part = (kind, one) => {
    const count = items.filter((item) => item.kind === kind).length;
    return count > 0 ? { text: plural(count, one), kind } : { text: `no ${one}` };
  };
  const single = part("unique_insights", "single finding");
  return [
    part("consensus", "agreement"),
    part("contradictions", "disagreement"),
    ...(single.kind ? [single] : []),
  ];
}

/** @param openReply `(index)` */
export function createChips(turn, openReply) {
  const element = h("div", { class: "reply-chips", role: "group", "aria-label": "Replies" });

  function draw() {
    if (element.children.length !== turn.panel.length) {
      element.replaceChildren(...turn.panel.map(chipView));
    }
    for (const [index, { state, served }] of turn.panel.entries()) {
      const chip = element.children[index];
      chip.dataset.phase = state;
      const isChosen = turn.chosen === index;
      const note = isChosen ? "used as the answer" : NOTES[state];
      setText(chip.children[1], modelName(served).name);
      setText(chip.children[2], note ?? "");
      setShown(chip.children[2], note);
    }
  }

  function chipView({ model }, index) {
    const label = h("span", { class: "sr-only" }, `Reply ${index + 1}, `);
    const parts = [
      badge(index),
      h("span", {}, modelName(model).name),
      h("span", { class: "note" }),
    ];
    const onclick = () => openReply(index);
    const chip = h("button", { type: "button", class: "reply-chip", onclick }, parts);
    chip.append(label);
    return chip;
  }

  return { element, draw };
}

const NOTES = { failed: "failed", stopped: "stopped" };
