// The settings form: what was chosen last, kept on this device, and the key, kept as keys.js describes.
import { setShown, setText } from "../dom.js";
import { modelName, plural } from "../text/format.js";
import { choiceOf, choose, defaultModel, names, number, NUMBERS, detachPreset, PRESETS, PROVIDERS, restore, MAX_PANELISTS, store, invalidNumber } from "./preferences.js";
import { forgetKey, readKey, saveKey } from "./keys.js";
import { knownModel, knownModels, loadModels } from "./models.js";
import { createPicker } from "./picker.js";
import { createPresets, presetTitle } from "./presets.js";
import { testKey } from "./providers.js";
import { baseUrl, endpointUrl, hasHostedTools, needsKey, OPENROUTER, isReachable } from "./endpoints.js";
import { aboutPrice, createPanelList } from "./panel-list.js";
import { finishSignIn, signIn } from "./signin.js";

/** @param dialog the settings; @param opener the button that opens them and says what is chosen */
export function createSettings(dialog, opener) {
  const at = (id) => document.getElementById(id);
  const setup = at("setup");
  const settings = restore();

  const origin = () => endpointUrl(settings)?.origin;
  const key = () => at("key").value.trim();
  const choice = () => choiceOf(settings);
  const find = (id) => knownModel(settings, key(), id) ?? (knownModels(settings, key()) ? null : undefined);

  const seats = createPanelList(at("panel-list"), { find, remove });
  const presetBar = createPresets({ at, place: () => baseUrl(settings), choice, take, hasBuiltInPresets: () => settings.provider === "openrouter" });
  const source = { models: () => knownModels(settings, key()), load };
  createPicker(at("add-model"), { ...source, gathers: true, choose: (name) => seat(find(name) ? [name] : names(name)) });
  for (const role of ["analyst", "writer"]) createPicker(at(role), { ...source, choose: (name) => change({ [role]: name }) });

  /** All of it anew: another provider, another place, another preset. */
  function show() {
    const { provider } = settings;
    dialog.querySelector(`[name=provider][value=${provider}]`).checked = true;
    setup.hidden = provider === "sample";
    setText(at("sample-note"), provider === "sample" ? "The sample panel replays recorded answers to a few questions, so you can see a run. Free; needs no key; contacts nobody." : "");
    const traits = [provider, hasHostedTools(settings) ? "tools" : "no-tools"];
    for (const part of setup.querySelectorAll("[data-for]")) part.hidden = !traits.includes(part.dataset.for);
    at("base-url").value = settings.baseURL;
    for (const id of ["add-model", "preset-name"]) at(id).value = "";
    for (const id of ["panel-note", "preset-note"]) setText(at(id), "");
    for (const field of ["base-url", "key", "add-model"]) complain(field, "");
    presetBar.endNaming();
    showChoice();
    showKey();
  }

  function showChoice() {
    const now = choice();
    for (const field of ["analyst", "writer", "effort", ...Object.keys(NUMBERS)]) at(field).value = now[field];
    at("tools").checked = now.tools;
    for (const field of Object.keys(NUMBERS)) complain(field, "");
    describe();
  }

  function showKey() {
    const { key, kept } = origin() ? readKey(origin()) : { key: "", kept: false };
    at("key").value = key;
    at("keep").checked = kept;
    setText(at("key-note"), "");
    describe();
    lookUp();
  }

  /** What follows from what is chosen. */
  function describe() {
    const { provider } = settings;
    const host = endpointUrl(settings)?.host ?? "that address";
    const now = choice();
    setShown(at("forget"), key());
    setText(at("key-where"), `Sent only to ${host}. ${at("keep").checked ? "Saved on this device until you press Forget." : "Deleted when the tab closes."}`);
    setText(
      at("destination-note"),
      provider === "sample"
        ? "Recorded replies to a few questions, not from a model. Nothing leaves this page."
        : `Your question${key() ? " and key go" : " goes"} directly from this page to ${host}. There is no server in between.`,
    );
    setText(at("no-tools"), `${host} offers no web search to its models.`);
    drawPanel(now);
    presetBar.draw();
    const rare = ["limit", "calls", "member", "run", "enough", "grace"].filter((field) => now[field].trim()).length;
    setText(at("more-summary"), rare > 0 ? `${rare} set` : "");

    const budget = number(now, "budget");
    const panel = presetTitle(now.preset) || now.panel.map((model) => modelName(model).name).join(", ") || "no models yet";
    const summary = [provider === "openrouter" ? (key() ? "" : "key needed") : host, panel, budget && `at most $${budget}`];
    setText(at("setup-name"), PROVIDERS[provider]);
    setText(at("setup-summary"), provider === "sample" ? "no key needed" : summary.filter(Boolean).join(" · "));
  }

  function drawPanel(now) {
    seats.draw(now.panel);
    setShown(at("per-million"), knownModels(settings, key())?.some(({ price }) => price));
    const judge = defaultModel(now);
    const whose = Object.hasOwn(PRESETS, now.preset) ? "Default from preset" : "first panel model";
    for (const role of ["analyst", "writer"]) {
      const model = now[role] || judge;
      at(role).placeholder = judge ? modelName(judge).name : "first panel model";
      const price = model ? aboutPrice(find(model)) : "";
      setText(at(`${role}-note`), [now[role] || !judge ? "" : whose, price].filter(Boolean).join(" · "));
    }
  }

  /** The list of models, for prices, once it is clear whom to ask. What goes wrong is said where a name is looked for. */
  function lookUp() {
    const { provider } = settings;
    const isSeated = provider === "custom" && choice().panel.length > 0;
    // Elsewhere llm-fuse itself finds the prices that a budget needs.
    if (dialog.open ? provider === "openrouter" || isSeated : isSeated && choice().budget) load().catch(() => {});
  }

  async function load() {
    const asked = [baseUrl(settings), key()].join();
    await loadModels(settings, key());
    if (asked === [baseUrl(settings), key()].join()) describe();
  }

  function keepChoice(next) {
    choose(settings, next);
    store(settings);
  }

  function take(next) {
    keepChoice(next);
    showChoice();
    lookUp();
  }

  function change(fields) {
    keepChoice({ ...choice(), ...fields });
    describe();
  }

  function seat(added) {
    const next = { ...choice() };
    const room = MAX_PANELISTS - next.panel.length;
    detachPreset(next);
    take({ ...next, panel: [...next.panel, ...added.slice(0, room)] });
    const sits = added.slice(0, room).map((model) => modelName(model).name).join(", ");
    const full = added.length > room ? ` A panel has at most ${MAX_PANELISTS} models.` : "";
    complain("add-model", "");
    setText(at("preset-note"), "");
    setText(at("panel-note"), sits ? `${sits} added: ${plural(choice().panel.length, "model")}.${full}` : full.trim());
  }

  function remove(index) {
    const next = { ...choice() };
    const { name } = modelName(next.panel[index]);
    detachPreset(next);
    take({ ...next, panel: next.panel.filter((_, other) => other !== index) });
    setText(at("preset-note"), "");
    setText(at("panel-note"), `${name} removed: ${plural(choice().panel.length, "model")}.`);
    (seats.button(index) ?? at("add-model")).focus();
  }

  /** What stands in the field without having been taken, where no list could say that it is but a part of a name. */
  function takeTyped() {
    const typed = names(at("add-model").value);
    if (typed.length === 0 || !typed.every((name) => find(name) !== null)) return;
    at("add-model").value = "";
    seat(typed);
  }

  /** Says at a field what is wrong with it. */
  function complain(field, problem) {
    const note = at(`${field}-problem`);
    if (!note) return;
    setText(note, problem);
    if (problem) at(field).setAttribute("aria-invalid", "true");
    else at(field).removeAttribute("aria-invalid");
  }

  dialog.addEventListener("change", ({ target }) => {
    const { id, value } = target;
    if (target.name === "provider") {
      settings.provider = value;
      store(settings);
      show();
    } else if (id === "base-url") {
      setBase(value);
    } else if (id === "keep" && origin()) {
      saveKey(origin(), key(), target.checked);
      describe();
    } else if (id === "key") {
      lookUp();
    } else if (id === "effort") {
      change({ effort: value });
    } else if (id === "tools") {
      change({ tools: target.checked });
    } else if (Object.hasOwn(NUMBERS, id)) {
      const wrong = invalidNumber(choice());
      for (const field of Object.keys(NUMBERS)) complain(field, number(choice(), field) === undefined ? NUMBERS[field].words : wrong?.field === field ? wrong.problem : "");
    }
  });
  dialog.addEventListener("input", ({ target: { id, value } }) => {
    if (Object.hasOwn(NUMBERS, id)) return change({ [id]: value });
    if (["base-url", "key", "add-model"].includes(id)) complain(id, "");
    if (id === "key" && origin()) {
      saveKey(origin(), value.trim(), at("keep").checked);
      setText(at("key-note"), "");
      describe();
    }
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target.dataset.url) setBase(target.dataset.url);
    if (target === dialog) dialog.close();
  });
  dialog.addEventListener("close", takeTyped);
  at("add-model").addEventListener("paste", (event) => {
    const pasted = names(event.clipboardData.getData("text"));
    if (pasted.length < 2) return;
    event.preventDefault();
    seat(pasted);
  });
  at("add-model").addEventListener("keydown", (event) => {
    const typed = names(event.target.value);
    if (event.key !== "Enter" || event.defaultPrevented || typed.length === 0) return;
    event.preventDefault();
    event.target.value = "";
    seat(typed);
  });
  at("forget").addEventListener("click", () => {
    if (origin()) forgetKey(origin());
    showKey();
  });
  at("sign-in").addEventListener("click", () => signIn(at("keep").checked).catch(({ message }) => setText(at("key-note"), message)));
  at("test-key").addEventListener("click", test);

  async function test() {
    const tested = key();
    const asked = origin();
    setText(at("key-note"), "Testing…");
    const said = await testKey(settings, tested).catch((error) => (error instanceof TypeError ? "No connection: the key could not be tested." : error.message));
    // What was asked about may have been replaced meanwhile.
    if (asked === origin() && tested === key()) setText(at("key-note"), said);
  }

  async function returned() {
    const outcome = await finishSignIn();
    if (!outcome) return;
    use("openrouter");
    setText(at("key-note"), outcome.problem || "You are signed in.");
    open();
  }

  function setBase(url) {
    settings.baseURL = url.trim();
    store(settings);
    show();
  }

  function use(provider) {
    settings.provider = provider;
    store(settings);
    show();
  }

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    presetBar.draw();
    lookUp();
  }

  opener.addEventListener("click", open);
  setup.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close();
  });

  show();
  returned();

  return {
    /** What is chosen now. */
    get current() {
      return settings;
    },
    get key() {
      return key();
    },
    /** The key for where this goes: what is chosen now, or a turn's setup. */
    keyFor(setup) {
      const to = endpointUrl(setup)?.origin;
      return to === origin() ? key() : to ? readKey(to).key : "";
    },
    /** @param setup of the turn that something is missing for; otherwise what is chosen stays */
    open(setup) {
      if (setup && Object.hasOwn(PROVIDERS, setup.provider)) {
        if (setup.provider === "custom") settings.baseURL = setup.baseURL;
        use(setup.provider);
      }
      open();
    },
    /** Says at a field of the open form what is wrong with it. */
    complain(field, problem) {
      const more = at("more");
      if (more.contains(at(field))) more.open = true;
      complain(field, problem);
      // With the words below it.
      at(field).scrollIntoView({ block: "center" });
    },
    use,
  };
}
