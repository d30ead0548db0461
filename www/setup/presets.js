// Panels with a name: the ready-made ones and the person's own, chosen, saved, renamed and deleted.
import { h, setShown, setText } from "../dom.js";
import { deletePreset, detachPreset, presets, PRESETS, presetChoice, sameChoice, savePreset } from "./preferences.js";

const OWN = "saved:";

/** @param at finds an element by its id
 *  @param place where calls go now; panels belong to it
 *  @param choice what is chosen there
 *  @param take called with what is to be chosen instead
 *  @param hasBuiltInPresets whether llm-fuse's own are for that place */
export function createPresets({ at, place, choice, take, hasBuiltInPresets }) {
  /** Whether the name that is asked for is a new one's or replaces this one. */
  let renaming = "";

  const current = () => presets(place()).find(({ name }) => choice().preset === OWN + name);

  function draw() {
    const own = presets(place());
    const ready = hasBuiltInPresets() ? Object.entries(PRESETS) : [];
    const saved = current();
    offer(ready, own);
    // One that another tab has deleted is a choice without a name.
    at("preset").value = saved || Object.hasOwn(PRESETS, choice().preset) ? choice().preset : "";
    const isChanged = Boolean(saved) && !sameChoice(saved.choice, choice());
    setShown(at("preset-row"), ready.length + own.length > 0);
    setShown(at("save-preset"), isChanged);
    setShown(at("save-as"), choice().panel.length > 0);
    setShown(at("rename-preset"), saved);
    setShown(at("delete-preset"), saved);
    setText(at("preset-changed"), isChanged ? "changed" : "");
  }

  // Only when they are others: a list that is open would close.
  let offered = "";
  function offer(ready, own) {
    const now = JSON.stringify([ready.length, own.map(({ name }) => name)]);
    if (now === offered) return;
    offered = now;
    at("preset").replaceChildren(
      h("option", { value: "" }, "Custom"),
      ...(ready.length ? [h("optgroup", { label: "Built-in" }, ready.map(([value, { title, about }]) => h("option", { value }, `${title}: ${about}`)))] : []),
      ...(own.length ? [h("optgroup", { label: "Saved on this device" }, own.map(({ name }) => h("option", { value: OWN + name }, name)))] : []),
    );
  }

  at("preset").addEventListener("change", ({ target: { value } }) => {
    for (const note of ["preset-note", "panel-note"]) setText(at(note), "");
    endNaming();
    if (Object.hasOwn(PRESETS, value)) return take(presetChoice(value, choice()));
    const saved = presets(place()).find(({ name }) => value === OWN + name);
    if (saved) return take({ ...saved.choice, preset: value, budget: choice().budget });
    const own = { ...choice() };
    detachPreset(own);
    take({ ...own, preset: "" });
  });
  at("save-preset").addEventListener("click", () => {
    const { name } = current();
    savePreset(place(), name, choice());
    done(`Saved in “${name}”.`);
  });
  at("delete-preset").addEventListener("click", () => {
    const { name } = current();
    deletePreset(place(), name);
    take({ ...choice(), preset: "" });
    done(`“${name}” is deleted. The models stay selected.`);
  });
  at("save-as").addEventListener("click", () => startNaming(""));
  at("rename-preset").addEventListener("click", () => startNaming(current().name));

  function startNaming(name) {
    renaming = name;
    at("preset-name").value = name;
    setShown(at("naming"), true);
    namesAnother();
    at("preset-name").focus();
    at("preset-name").select();
  }

  function endNaming() {
    setShown(at("naming"), false);
    setText(at("naming-problem"), "");
    at("preset-name").removeAttribute("aria-invalid");
  }

  const typed = () => at("preset-name").value.trim().replace(/\s+/g, " ");

  function namesAnother() {
    const replaces = typed() !== renaming && presets(place()).some(({ name }) => name === typed());
    setText(at("save-name"), replaces ? "Replace" : renaming ? "Rename" : "Save");
    setText(at("naming-problem"), replaces ? "This name is already used." : "");
  }

  function nameIt() {
    const name = typed();
    if (!name) {
      setText(at("naming-problem"), "Enter a name.");
      at("preset-name").setAttribute("aria-invalid", "true");
      at("preset-name").focus();
      return;
    }
    const saved = renaming && presets(place()).find((preset) => preset.name === renaming);
    if (saved) deletePreset(place(), renaming);
    savePreset(place(), name, saved ? saved.choice : choice());
    endNaming();
    take({ ...choice(), preset: OWN + name });
    done(saved ? `Renamed to “${name}”.` : `Saved as “${name}” on this device.`);
  }

  /** The button that was used may be gone, and with the last name the list of names. */
  function done(sentence) {
    draw();
    setText(at("panel-note"), "");
    setText(at("preset-note"), sentence);
    ["preset", "save-as", "add-model"].map(at).find((field) => field.getClientRects().length > 0)?.focus();
  }

  at("save-name").addEventListener("click", nameIt);
  at("cancel-name").addEventListener("click", () => {
    endNaming();
    at(renaming ? "rename-preset" : "save-as").focus();
  });
  at("preset-name").addEventListener("input", () => {
    at("preset-name").removeAttribute("aria-invalid");
    namesAnother();
  });
  at("preset-name").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    if (event.key === "Enter") nameIt();
    else at("cancel-name").click();
  });

  return { draw, endNaming };
}

/** What is chosen, in a word or two. */
export function presetTitle(preset) {
  return PRESETS[preset]?.title ?? (preset.startsWith(OWN) ? preset.slice(OWN.length) : "");
}
