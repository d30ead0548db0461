// Shows the panel in the settings: the list of its models, and the field that adds models.
import { setText } from "../dom.js";
import { modelName, plural } from "../text/format.js";
import { createPanelList } from "./panel-list.js";
import { createPicker } from "./picker.js";
import { detachPreset, MAX_PANELISTS, splitNames } from "./preferences.js";

/**
 * This function is long because its inner functions share the field and the list.
 * @param at finds an element by its id
 * @param choice returns the current panel, analyst, writer and limits
 * @param apply called with another choice
 * @param source `{ find, models, load }` of the provider's list, see `createPanelList()` and
 * `createPicker()`
 * @param showProblem `(field, problem)` shows a problem at a field; "" clears it
 */
export function createPanelField({ at, choice, apply, source, showProblem }) {
  const { find, models, load } = source;
  const field = at("add-model");
  const list = createPanelList(at("panel-list"), { find, remove });
  const pick = (name) => add(find(name) ? [name] : splitNames(name));
  createPicker(field, { models, load, choose: pick, isMultiple: true });

  function add(names) {
    const next = { ...choice() };
    const added = names.slice(0, MAX_PANELISTS - next.panel.length);
    detachPreset(next);
    apply({ ...next, panel: [...next.panel, ...added] });
    showProblem("add-model", "");
    const labels = added.map((model) => modelName(model).name).join(", ");
    const sentences = added.length > 0 ? [`${labels} added: ${countText()}.`] : [];
    if (added.length < names.length) {
      sentences.push(`A panel has at most ${MAX_PANELISTS} models.`);
    }
    showNote(sentences.join(" "));
  }

  function remove(index) {
    const next = { ...choice() };
    const { name } = modelName(next.panel[index]);
    detachPreset(next);
    const without = (list) => list.filter((_, other) => other !== index);
    apply({ ...next, panel: without(next.panel), systems: without(next.systems) });
    showNote(`${name} removed: ${countText()}.`);
    (list.buttonAt(index) ?? field).focus();
  }

  const countText = () => plural(choice().panel.length, "model");

  function showNote(sentence) {
    setText(at("preset-note"), "");
    setText(at("panel-note"), sentence);
  }

  field.addEventListener("paste", (event) => {
    const pasted = splitNames(event.clipboardData.getData("text"));
    if (pasted.length < 2) return;
    event.preventDefault();
    add(pasted);
  });
  field.addEventListener("keydown", (event) => {
    const typed = splitNames(field.value);
    if (event.key !== "Enter" || event.defaultPrevented || typed.length === 0) return;
    event.preventDefault();
    field.value = "";
    add(typed);
  });

  return {
    draw: list.draw,
    /**
     * Adds the names in the text field. If the provider's list is loaded and does not contain all
     * names, adds none. A missing name may be incomplete.
     */
    addTyped() {
      const typed = splitNames(field.value);
      if (typed.length === 0 || typed.some((name) => find(name) === null)) return;
      field.value = "";
      add(typed);
    },
  };
}
