// Shows the actions on one member of the panel after a run: ask only this member, change its model,
// remove it, or add another model.
import { h, setShown, tool } from "../dom.js";
import { modelName } from "../text/format.js";

const FORMS = {
  change: { open: "Change model", send: "Ask this model" },
  add: { open: "Add a model", send: "Add and ask" },
};
const NOTE =
  "The other replies are reused. You pay for the new reply, a new comparison and a new answer. " +
  "Follow-ups use the panel in the settings.";

/**
 * This function is long because its inner functions share the menu.
 * @param id unique on the page
 * @param actions see `createApp()`
 * @returns `{ button, element, draw() }`
 */
export function createMemberMenu(turn, index, id, actions) {
  const name = () => modelName(turn.panel[index].model).name;
  const toggle = () => (isOpen() ? close() : open());
  const props = { "aria-expanded": "false", "aria-controls": id, hidden: true };
  const button = tool("more", `More about ${name()}`, toggle, props);
  const element = h("div", { class: "member-menu", id, hidden: true, onkeydown: onKey });
  const isOpen = () => !element.hidden;

  function open() {
    const words = { words: true };
    const remove = () => run({ remove: index });
    element.replaceChildren(
      h(
        "div",
        { class: "member-actions" },
        tool("on", `Ask only ${name()}`, askOnly, words),
        tool("edit", FORMS.change.open, () => openForm("change"), words),
        turn.panel.length < 8 && tool("add", FORMS.add.open, () => openForm("add"), words),
        turn.panel.length > 1 && tool("bin", "Remove from this run", remove, words),
      ),
    );
    show(true);
    element.querySelector("button").focus();
  }

  function openForm(kind) {
    element.querySelector("form")?.remove();
    const inputId = `${id}-model`;
    const input = h("input", {
      id: inputId,
      required: true,
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      "aria-describedby": `${id}-note`,
    });
    const onsubmit = (event) => {
      event.preventDefault();
      const model = input.value.trim();
      if (model) run(kind === "add" ? { add: model } : { replace: index, model });
    };
    const { open: label, send } = FORMS[kind];
    const line = h(
      "div",
      { class: "line" },
      h("p", { class: "fine", id: `${id}-note` }, NOTE),
      h("button", { class: "primary" }, send),
    );
    const form = h(
      "form",
      { class: "replace-model", onsubmit },
      h("label", { for: inputId }, label),
      input,
      line,
    );
    element.append(form);
    if (kind === "change") input.value = turn.panel[index].model;
    input.focus();
    input.select();
  }

  function askOnly() {
    close();
    actions.askOnly(turn, index);
  }

  function run(change) {
    close();
    actions.changePanel(turn, change);
  }

  function onKey(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
    button.focus({ preventScroll: true });
  }

  function show(isShown) {
    setShown(element, isShown);
    button.setAttribute("aria-expanded", String(isShown));
    // Set an attribute for the styles. With `:has()`, the browser would match the selector again
    // for each piece of text.
    element.parentElement.toggleAttribute("data-menu", isShown);
  }

  function close() {
    show(false);
    element.replaceChildren();
  }

  return {
    button,
    element,
    draw() {
      const isIdle = turn.state !== "running" && !actions.isBusy();
      // The sample has replies of its own models only.
      const isPossible = isIdle && turn.snapshot && !turn.setup.isSample && turn.setup.provider;
      setShown(button, isPossible);
      if (!isPossible && isOpen()) close();
    },
  };
}
