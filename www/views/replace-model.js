// Another analyst or writer for a run that has ended, or the same once more. Only what it does, and what rests on that, is paid for.
import { h, setShown, tool } from "../dom.js";
import { modelName } from "../text/format.js";

const WORDS = {
  analyst: { open: "Compare again", label: "Analyst", note: "The replies are reused. You pay only for a new comparison and a new answer." },
  writer: { open: "Write again", label: "Writer", note: "The replies and the comparison are reused. You pay only for a new answer." },
};

/** A button that opens the form below the header it stands in.
 *  @param role analyst or writer
 *  @param actions see `createApp()` */
export function createModelReplacer(turn, role, actions) {
  const { open, label, note } = WORDS[role];
  const id = `${role}-${turn.id}`;
  const button = tool("retry", open, () => (form ? close() : show()), { words: true, "aria-expanded": "false", hidden: true });
  let form = null;

  function show() {
    const input = h("input", { id, required: true, autocomplete: "off", autocapitalize: "none", spellcheck: "false", "aria-describedby": `${id}-note` });
    const pick = (model) => {
      input.value = model;
      input.focus();
    };
    form = h(
      "form",
      { class: "replace-model", onsubmit: (event) => send(event, input.value.trim()), onkeydown: leave },
      h("label", { for: id }, label),
      input,
      h("p", { class: "picks" }, actions.models(turn).map((model) => h("button", { type: "button", class: "pick", title: model, onclick: () => pick(model) }, modelName(model).name))),
      h("div", { class: "line" }, h("p", { class: "fine", id: `${id}-note` }, note), h("button", { class: "primary" }, open)),
    );
    button.closest("header").after(form);
    button.setAttribute("aria-expanded", "true");
    pick(actions.cast(turn, role));
    input.select();
  }

  function close() {
    form?.remove();
    form = null;
    button.setAttribute("aria-expanded", "false");
  }

  function send(event, model) {
    event.preventDefault();
    if (!model) return;
    close();
    actions.swap(turn, role, model);
  }

  function leave(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
    button.focus({ preventScroll: true });
  }

  return {
    button,
    /** @param sensible whether there is something to do again */
    draw(sensible) {
      // A recording has nobody else to ask.
      const possible = sensible && turn.state !== "running" && turn.snapshot?.responses.length > 0 && !turn.setup.isSample && !actions.isBusy();
      setShown(button, possible);
      if (!possible && form) close();
    },
  };
}
