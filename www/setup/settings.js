// The settings dialog: provider, key, panel, analyst, writer and limits. preferences.js stores the
// settings, and keys.js stores the key.
import { setShown, setText } from "../dom.js";
import { modelName } from "../text/format.js";
import { SEATS } from "./browser-model.js";
import { createConnect } from "./connect.js";
import { createDeliberation } from "./deliberation.js";
import { baseUrl, endpointUrl, hasHostedTools } from "./endpoints.js";
import { createInstructions } from "./instructions.js";
import { createKeyField } from "./key-field.js";
import { knownModel, knownModels, loadModels } from "./models.js";
import { createPanelField } from "./panel-field.js";
import { listedPrice } from "./panel-list.js";
import { createPicker } from "./picker.js";
import {
  choiceOf,
  defaultModel,
  invalidNumber,
  loadSettings,
  NUMBERS,
  numberIn,
  PRESETS,
  PROVIDERS,
  saveSettings,
  setChoice,
} from "./preferences.js";
import { createPresets, presetTitle } from "./presets.js";

const NUMBER_FIELDS = Object.keys(NUMBERS);
const ADVANCED = "analyst, writer, budget, limits";
/**
 * The providers for which the user enters no key and chooses no models. Each has the note that the
 * settings show.
 */
const FIXED = {
  sample:
    "The sample panel shows a run with replies written for this demo, to a few questions. " +
    "Free; needs no key; sends no request.",
  browser:
    "This browser’s model answers in three seats with different instructions: " +
    `${SEATS.map(({ name, about }) => `“${name}” ${about}`).join(", ")}. ` +
    "It also compares and writes. Free; needs no key; nothing leaves this device.",
};

/**
 * This function is long because its inner functions share the settings and the elements of the
 * form.
 * @param dialog the dialog of the settings
 * @param openers the buttons that open the dialog
 */
export function createSettings(dialog, openers) {
  const at = (id) => document.getElementById(id);
  const form = at("setup");
  const settings = loadSettings();

  const choice = () => choiceOf(settings);
  const models = () => knownModels(settings, keyField.value());
  const find = (id) => knownModel(settings, keyField.value(), id) ?? (models() ? null : undefined);

  const keyField = createKeyField({ at, settings, onInput: describe, onChange: loadPrices });
  const panelField = createPanelField({
    at,
    choice,
    apply,
    source: { find, models, load },
    showProblem,
  });
  const presetBar = createPresets({
    at,
    url: () => baseUrl(settings),
    choice,
    setChoice: apply,
    hasBuiltInPresets: () => settings.provider === "openrouter",
  });
  const instructions = createInstructions({ at, choice, change });
  const deliberation = createDeliberation({
    at,
    settings,
    choice,
    change,
    source: { find, models, load },
    showProblem,
  });
  for (const role of ["analyst", "writer"]) {
    createPicker(at(role), { models, load, choose: (name) => change({ [role]: name }) });
  }

  /** Shows all settings. Called after the provider, the URL or the preset has changed. */
  function show() {
    const { provider } = settings;
    dialog.querySelector(`[name=provider][value=${provider}]`).checked = true;
    form.hidden = Object.hasOwn(FIXED, provider);
    setText(at("sample-note"), FIXED[provider] ?? "");
    setShown(at("connect"), provider === "sample");
    setShown(at("connect-models"), provider === "sample");
    if (provider === "browser") setShown(at("browser-source"), true);
    const shown = [provider, hasHostedTools(settings) ? "tools" : "no-tools"];
    for (const part of form.querySelectorAll("[data-for]")) {
      part.hidden = !shown.includes(part.dataset.for);
    }
    at("base-url").value = settings.baseURL;
    for (const id of ["add-model", "preset-name"]) at(id).value = "";
    for (const id of ["panel-note", "preset-note"]) setText(at(id), "");
    for (const field of ["base-url", "key", "add-model", "connect"]) showProblem(field, "");
    presetBar.closeNameForm();
    showChoice();
    keyField.show();
  }

  function showChoice() {
    const now = choice();
    for (const field of ["analyst", "writer", "effort", ...NUMBER_FIELDS]) {
      at(field).value = now[field];
    }
    at("tools").checked = now.tools;
    for (const field of NUMBER_FIELDS) showProblem(field, "");
    describe();
  }

  /** Updates every text that depends on the settings. */
  function describe() {
    const host = endpointUrl(settings)?.host ?? "that address";
    const now = choice();
    keyField.drawHost(host);
    setText(at("destination-note"), destinationText(settings, keyField.value(), host));
    setText(at("no-tools"), `${host} offers no web search to its models.`);
    drawPanel(now);
    presetBar.draw();
    instructions.draw();
    deliberation.draw();
    const isLimit = (field) => !["budget", "disputes"].includes(field);
    const limits = NUMBER_FIELDS.filter((field) => isLimit(field) && now[field].trim()).length;
    setText(at("more-summary"), limits > 0 ? `${limits} set` : "");
    const others = ["analyst", "writer", "effort", "budget"].filter((field) => now[field].trim());
    const advanced = limits + others.length + (now.tools ? 0 : 1) + deliberation.count();
    setText(at("advanced-summary"), advanced > 0 ? `${advanced} set` : ADVANCED);
    setText(at("setup-name"), PROVIDERS[settings.provider]);
    setText(at("setup-summary"), summaryText(settings, now, keyField.value(), host));
  }

  function drawPanel(now) {
    panelField.draw(now.panel);
    setShown(
      at("per-million"),
      models()?.some(({ price }) => price),
    );
    const fallback = defaultModel(now);
    const isPreset = Object.hasOwn(PRESETS, now.preset);
    const source = isPreset ? "Default from preset" : "first panel model";
    for (const role of ["analyst", "writer"]) {
      const model = now[role] || fallback;
      at(role).placeholder = fallback ? modelName(fallback).name : "first panel model";
      const isDefault = !now[role] && fallback;
      const price = model ? listedPrice(find(model)) : "";
      const notes = [isDefault ? source : "", price];
      setText(at(`${role}-note`), notes.filter(Boolean).join(" · "));
    }
  }

  /**
   * Loads the prices if the page shows them or needs them for a budget. If loading fails, the field
   * for models shows the error.
   */
  function loadPrices() {
    const { provider } = settings;
    const hasPanel = provider === "custom" && choice().panel.length > 0;
    // For OpenRouter, llm-fuse loads the prices that a budget needs.
    const isNeeded = hasPanel && choice().budget;
    const isShown = dialog.open && (provider === "openrouter" || hasPanel);
    if (dialog.open ? isShown : isNeeded) load().catch(() => {});
  }

  async function load() {
    const source = () => [baseUrl(settings), keyField.value()].join();
    const loaded = source();
    await loadModels(settings, keyField.value());
    if (loaded === source()) describe();
  }

  function store(next) {
    setChoice(settings, next);
    saveSettings(settings);
  }

  /** Uses another choice and shows it. */
  function apply(next) {
    store(next);
    showChoice();
    loadPrices();
  }

  /** Stores a field that the person is editing. Does not write into the form. */
  function change(fields) {
    store({ ...choice(), ...fields });
    describe();
  }

  function showProblem(field, problem) {
    const note = at(`${field}-problem`);
    if (!note) return;
    setText(note, problem);
    if (problem) at(field).setAttribute("aria-invalid", "true");
    else at(field).removeAttribute("aria-invalid");
  }

  function checkNumbers() {
    const wrong = invalidNumber(choice());
    for (const field of NUMBER_FIELDS) {
      const isWrong = numberIn(choice(), field) === undefined;
      const other = wrong?.field === field ? wrong.problem : "";
      showProblem(field, isWrong ? NUMBERS[field].problem : other);
    }
  }

  function setBase(url) {
    settings.baseURL = url.trim();
    saveSettings(settings);
    show();
  }

  function use(provider) {
    settings.provider = provider;
    saveSettings(settings);
    show();
  }

  /** Uses a server that was found on this machine. Keeps a panel that was chosen before. */
  function chooseServer(url, panel) {
    settings.baseURL = url;
    use("custom");
    if (choice().panel.length === 0) apply({ ...choice(), panel });
  }

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    connect.checkBrowser();
    presetBar.draw();
    deliberation.draw();
    loadPrices();
  }

  const connect = createConnect(at("connect"), {
    signIn: keyField.signIn,
    chooseProvider: use,
    chooseServer,
    onConnected: () => dialog.close(),
    onChecked: (isReady) =>
      setShown(at("browser-source"), isReady || settings.provider === "browser"),
  });
  dialog.addEventListener("change", ({ target: { id, name, value, checked } }) => {
    if (name === "provider") use(value);
    else if (id === "base-url") setBase(value);
    else if (id === "effort") change({ effort: value });
    else if (id === "tools") change({ tools: checked });
    else if (Object.hasOwn(NUMBERS, id)) checkNumbers();
  });
  dialog.addEventListener("input", ({ target: { id, value } }) => {
    if (Object.hasOwn(NUMBERS, id)) change({ [id]: value });
    else if (["base-url", "key", "add-model", "add-further"].includes(id)) showProblem(id, "");
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target.dataset.url) setBase(target.dataset.url);
    if (target === dialog) dialog.close();
  });
  dialog.addEventListener("close", panelField.addTyped);
  for (const opener of openers) opener.addEventListener("click", open);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close();
  });

  show();
  keyField.finishSignIn(() => {
    use("openrouter");
    open();
  });

  return {
    get current() {
      return settings;
    },
    get key() {
      return keyField.value();
    },
    keyFor: keyField.keyFor,
    /**
     * Opens the dialog.
     * @param setup the setup of a turn. The dialog then shows the provider of this turn. If `setup`
     *   is undefined, the dialog shows the current provider
     */
    open(setup) {
      if (setup && Object.hasOwn(PROVIDERS, setup.provider)) {
        if (setup.provider === "custom") settings.baseURL = setup.baseURL;
        use(setup.provider);
      }
      open();
    },
    /** Shows a problem at a field of the open dialog. */
    showProblem(field, problem) {
      for (const fold of dialog.querySelectorAll("details")) {
        if (fold.contains(at(field))) fold.open = true;
      }
      showProblem(field, problem);
      // Center the field, so that the text below it is visible, too.
      at(field).scrollIntoView({ block: "center" });
    },
    use,
  };
}

function destinationText({ provider }, key, host) {
  if (provider === "sample") {
    return "The sample shows replies written for this demo. Nothing leaves this page.";
  }
  if (provider === "browser") return "This browser’s model answers. Nothing leaves this device.";
  const what = key ? "Your question and key go" : "Your question goes";
  return `${what} directly from this page to ${host}. There is no server in between.`;
}

function summaryText({ provider }, choice, key, host) {
  if (provider === "sample") return "no key needed";
  if (provider === "browser") return "free and private";
  const names = choice.panel.map((model) => modelName(model).name).join(", ");
  const budget = numberIn(choice, "budget");
  const parts = [
    provider === "openrouter" ? !key && "key needed" : host,
    presetTitle(choice.preset) || names || "no models yet",
    budget && `at most $${budget}`,
  ];
  return parts.filter(Boolean).join(" · ");
}
