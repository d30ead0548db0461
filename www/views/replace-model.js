// The form that runs the analyst or the writer of a finished run again, with the same or another
// model.
import { h, setShown, tool } from "../dom.js";
import { modelName } from "../text/format.js";

const LABELS = {
  analyst: {
    open: "Compare again",
    label: "Analyst",
    note: "The replies are reused. You pay only for a new comparison and a new answer.",
  },
  writer: {
    open: "Write again",
    label: "Writer",
    note: "The replies and the comparison are reused. You pay only for a new answer.",
  },
};

/**
 * Returns a button that opens a form below the header or footer that contains the button.
 * @param role "analyst" or "writer"
 * @param actions see `createApp()`
 */
export function createModelReplacer(turn, role, actions) {
  const { open } = LABELS[role];
  const props = { words: true, "aria-expanded": "false", hidden: true };
  const button = tool("retry", open, () => (form ? closeForm() : openForm()), props);
  let form = null;

  function openForm() {
    form = replaceForm(turn, role, actions.modelsOf(turn), { send, cancel });
    button.closest("header, footer").after(form);
    button.setAttribute("aria-expanded", "true");
    const input = form.querySelector("input");
    input.value = actions.modelFor(turn, role);
    input.focus();
    input.select();
  }

  function closeForm() {
    form?.remove();
    form = null;
    button.setAttribute("aria-expanded", "false");
  }

  function send(model) {
    if (!model) return;
    closeForm();
    actions.replaceModel(turn, role, model);
  }

  function cancel() {
    closeForm();
    button.focus({ preventScroll: true });
  }

  return {
    button,
    /** @param isUseful whether the role has a result that a new run can replace */
    draw(isUseful) {
      const hasReplies = turn.snapshot?.responses.length > 0;
      const isIdle = turn.state !== "running" && !actions.isBusy();
      // A sample has replies of its own models only.
      const isPossible = isUseful && isIdle && hasReplies && !turn.setup.isSample;
      setShown(button, isPossible);
      if (!isPossible && form) closeForm();
    },
  };
}

function replaceForm(turn, role, models, { send, cancel }) {
  const { open, label, note } = LABELS[role];
  const id = `${role}-${turn.id}`;
  const input = h("input", {
    id,
    required: true,
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    "aria-describedby": `${id}-note`,
  });
  const pickButton = (model) => {
    const onclick = () => {
      input.value = model;
      input.focus();
    };
    const props = { type: "button", class: "pick", title: model, onclick };
    return h("button", props, modelName(model).name);
  };
  const onsubmit = (event) => {
    event.preventDefault();
    send(input.value.trim());
  };
  const onkeydown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    cancel();
  };
  return h(
    "form",
    { class: "replace-model", onsubmit, onkeydown },
    h("label", { for: id }, label),
    input,
    h("p", { class: "picks" }, models.map(pickButton)),
    h(
      "div",
      { class: "line" },
      h("p", { class: "fine", id: `${id}-note` }, note),
      h("button", { class: "primary" }, open),
    ),
  );
}
