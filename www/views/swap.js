// Another analyst or writer for a run that has ended, or the same once more. Only what it does, and what rests on that, is paid for.
import { h, setShown, tool } from "../dom.js";
import { modelName } from "../text/format.js";

const WORDS = {
  analyst: { open: "Compare again", label: "Analyst", note: "The replies stand. Only this comparison and a new answer are paid for." },
  writer: { open: "Write again", label: "Writer", note: "The replies and the comparison stand. Only a new answer is paid for." },
};

/** @param role analyst or writer
 *  @param actions see `createApp()` */
export function createSwap(turn, role, actions) {
  const { open, label, note } = WORDS[role];
  const id = `${role}-${turn.id}`;
  const button = tool("retry", open, () => show(form.hidden), { words: true, "aria-expanded": "false", "aria-controls": id, hidden: true });
  const input = h("input", { id: `${id}-model`, required: true, autocomplete: "off", autocapitalize: "none", spellcheck: "false", "aria-describedby": `${id}-note` });
  const picks = h("p", { class: "picks" });
  const form = h(
    "form",
    { id, class: "swap", hidden: true, onsubmit: send, onkeydown: leave },
    h("label", { for: input.id }, label),
    input,
    picks,
    h("div", { class: "line" }, h("p", { class: "fine", id: `${id}-note` }, note), h("button", { class: "primary" }, open)),
  );

  function show(wanted) {
    setShown(form, wanted);
    button.setAttribute("aria-expanded", String(wanted));
    if (!wanted) return;
    input.value = actions.cast(turn, role);
    picks.replaceChildren(...actions.models(turn).map((model) => h("button", { type: "button", class: "pick", title: model, onclick: () => pick(model) }, modelName(model).name)));
    input.focus();
    input.select();
  }

  function pick(model) {
    input.value = model;
    input.focus();
  }

  function send(event) {
    event.preventDefault();
    const model = input.value.trim();
    if (!model) return;
    show(false);
    actions.swap(turn, role, model);
  }

  function leave(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    show(false);
    button.focus({ preventScroll: true });
  }

  return {
    button,
    form,
    /** @param sensible whether there is something to do again */
    draw(sensible) {
      // A recording has nobody else to ask.
      const possible = sensible && turn.state !== "running" && turn.snapshot?.responses.length > 0 && !turn.setup.staged && !actions.isBusy();
      setShown(button, possible);
      if (!possible && !form.hidden) show(false);
    },
  };
}
