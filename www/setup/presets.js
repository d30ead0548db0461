// Chooses, saves, renames and deletes presets and saved panels.
import { h, setShown, setText } from "../dom.js";
import {
  deletePreset,
  detachPreset,
  isSameChoice,
  PRESETS,
  presetChoice,
  savedPresets,
  savePreset,
} from "./preferences.js";

/** Prefix in `choice.preset` that marks a saved panel. */
const SAVED = "saved:";

/**
 * This function is long because its inner functions share the choice and the name form.
 * @param at finds an element by its id
 * @param url returns the current base URL; saved panels belong to a base URL
 * @param choice returns the current choice
 * @param setChoice called with another choice
 * @param hasBuiltInPresets returns whether the presets of llm-fuse work with the current base URL
 */
export function createPresets({ at, url, choice, setChoice, hasBuiltInPresets }) {
  /** The name of the panel that is being renamed, or "" for a new name. */
  let renaming = "";
  let drawnOptions = "";

  const savedAs = (value) => savedPresets(url()).find(({ name }) => value === SAVED + name);
  const current = () => savedAs(choice().preset);

  function draw() {
    const saved = savedPresets(url());
    const builtIn = hasBuiltInPresets() ? Object.entries(PRESETS) : [];
    const used = current();
    const { preset, panel } = choice();
    drawOptions(builtIn, saved);
    // If another tab has deleted the saved panel, the choice is a custom panel.
    at("preset").value = used || Object.hasOwn(PRESETS, preset) ? preset : "";
    const isChanged = Boolean(used) && !isSameChoice(used.choice, choice());
    setShown(at("preset-row"), builtIn.length + saved.length > 0);
    setShown(at("save-preset"), isChanged);
    setShown(at("save-as"), panel.length > 0);
    setShown(at("rename-preset"), used);
    setShown(at("delete-preset"), used);
    setText(at("preset-changed"), isChanged ? "changed" : "");
  }

  /** Replaces the options only if they differ. Replacing them would close an open list. */
  function drawOptions(builtIn, saved) {
    const now = JSON.stringify([builtIn.length, saved.map(({ name }) => name)]);
    if (now === drawnOptions) return;
    drawnOptions = now;
    const builtInOptions = builtIn.map(([value, { title, about }]) =>
      h("option", { value }, `${title}: ${about}`),
    );
    const savedOptions = saved.map(({ name }) => h("option", { value: SAVED + name }, name));
    at("preset").replaceChildren(
      h("option", { value: "" }, "Custom"),
      ...optionGroup("Built-in", builtInOptions),
      ...optionGroup("Saved on this device", savedOptions),
    );
  }

  function choosePreset(value) {
    for (const note of ["preset-note", "panel-note"]) setText(at(note), "");
    closeNameForm();
    if (Object.hasOwn(PRESETS, value)) return setChoice(presetChoice(value, choice()));
    const saved = savedAs(value);
    if (saved) return setChoice({ ...saved.choice, preset: value, budget: choice().budget });
    const custom = { ...choice() };
    detachPreset(custom);
    setChoice({ ...custom, preset: "" });
  }

  function saveChanges() {
    const { name } = current();
    savePreset(url(), name, choice());
    finish(`Saved in “${name}”.`);
  }

  function deleteCurrent() {
    const { name } = current();
    deletePreset(url(), name);
    setChoice({ ...choice(), preset: "" });
    finish(`“${name}” is deleted. The models stay selected.`);
  }

  function openNameForm(name) {
    renaming = name;
    at("preset-name").value = name;
    setShown(at("naming"), true);
    checkName();
    at("preset-name").focus();
    at("preset-name").select();
  }

  function closeNameForm() {
    setShown(at("naming"), false);
    setText(at("naming-problem"), "");
    at("preset-name").removeAttribute("aria-invalid");
  }

  const typedName = () => at("preset-name").value.trim().replace(/\s+/g, " ");

  /** Warns if another saved panel already has the typed name. */
  function checkName() {
    const name = typedName();
    const replaces = name !== renaming && savedPresets(url()).some((other) => other.name === name);
    const label = renaming ? "Rename" : "Save";
    setText(at("save-name"), replaces ? "Replace" : label);
    setText(at("naming-problem"), replaces ? "This name is already used." : "");
  }

  function saveName() {
    const name = typedName();
    if (!name) {
      setText(at("naming-problem"), "Enter a name.");
      at("preset-name").setAttribute("aria-invalid", "true");
      at("preset-name").focus();
      return;
    }
    const renamed = renaming && savedAs(SAVED + renaming);
    if (renamed) deletePreset(url(), renaming);
    savePreset(url(), name, renamed ? renamed.choice : choice());
    closeNameForm();
    setChoice({ ...choice(), preset: SAVED + name });
    finish(renamed ? `Renamed to “${name}”.` : `Saved as “${name}” on this device.`);
  }

  /**
   * Shows a sentence after an action and moves the focus. The button of this action may be hidden
   * now.
   */
  function finish(sentence) {
    draw();
    setText(at("panel-note"), "");
    setText(at("preset-note"), sentence);
    const isVisible = (field) => field.getClientRects().length > 0;
    ["preset", "save-as", "add-model"].map(at).find(isVisible)?.focus();
  }

  at("preset").addEventListener("change", ({ target }) => choosePreset(target.value));
  at("save-preset").addEventListener("click", saveChanges);
  at("delete-preset").addEventListener("click", deleteCurrent);
  at("save-as").addEventListener("click", () => openNameForm(""));
  at("rename-preset").addEventListener("click", () => openNameForm(current().name));
  at("save-name").addEventListener("click", saveName);
  at("cancel-name").addEventListener("click", () => {
    closeNameForm();
    at(renaming ? "rename-preset" : "save-as").focus();
  });
  at("preset-name").addEventListener("input", () => {
    at("preset-name").removeAttribute("aria-invalid");
    checkName();
  });
  at("preset-name").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    if (event.key === "Enter") saveName();
    else at("cancel-name").click();
  });

  return { draw, closeNameForm };
}

const optionGroup = (label, options) =>
  options.length > 0 ? [h("optgroup", { label }, options)] : [];

/** Returns the name of a preset or a saved panel, or "". */
export function presetTitle(preset) {
  if (Object.hasOwn(PRESETS, preset)) return PRESETS[preset].title;
  return preset.startsWith(SAVED) ? preset.slice(SAVED.length) : "";
}
