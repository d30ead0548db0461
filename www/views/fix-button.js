// The button that leads from an error to the control that repairs it.
import { h, icon, setShown } from "../dom.js";
import { describeError } from "../text/error-messages.js";

const FIXES = {
  key: { label: "Set key", field: "key" },
  models: { label: "Choose models", field: "add-model" },
};

/** Returns `{ element, draw(error) }`. The button is hidden if no control repairs the error. */
export function createFixButton(turn, actions) {
  let field = "";
  const onclick = () => actions.openSettings(turn.setup, field);
  const words = h("span", { class: "words" });
  const props = { type: "button", class: "tool-button with-words", hidden: true, onclick };
  const element = h("button", props, icon("edit"), words);

  function draw(error) {
    const fix = error && FIXES[describeError(error, turn.setup).fix];
    // The settings have no form for the setup of a sample or of an imported snapshot.
    setShown(element, fix && !turn.setup.isSample && turn.setup.provider);
    if (!fix) return;
    field = fix.field;
    words.textContent = fix.label;
  }

  return { element, draw };
}
