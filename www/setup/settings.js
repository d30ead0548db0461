// The settings form: what was chosen last, kept on this device, and the key, kept as keys.js describes.
import { h, setText } from "../dom.js";
import { forgetKey, readKey, saveKey } from "./keys.js";
import { destination, listModels, modelLines, testKey } from "./providers.js";
import { finishSignIn, signIn } from "./signin.js";

const SLOT = "llm-fuse.settings";
const NAMES = { sample: "Sample panel", openrouter: "OpenRouter", custom: "Your own URL" };
const PROVIDERS = Object.keys(NAMES);

/** @param dialog the settings; @param opener the button that opens them and says what is chosen */
export function createSettings(dialog, opener) {
  const at = (id) => document.getElementById(id);
  const setup = at("setup");
  const settings = restore();

  const origin = () => destination(settings)?.origin;
  const own = () => settings.provider === "custom" || (settings.provider === "openrouter" && settings.preset === "own");

  function show() {
    const { provider } = settings;
    dialog.querySelector(`[name=provider][value=${provider}]`).checked = true;
    setup.hidden = provider === "sample";
    setText(at("sample-note"), provider === "sample" ? "The sample panel answers a few prepared questions from a recording, so that you can see how a run goes. It needs no key, costs nothing and asks nobody." : "");
    for (const part of setup.querySelectorAll("[data-for]")) {
      const wanted = part.dataset.for.split(" ");
      part.hidden = !(wanted.includes(provider) || (wanted.includes("own") && own()));
    }
    at("preset").value = settings.preset;
    at("base-url").value = settings.baseURL;
    at("models").value = settings.models[provider] ?? "";
    at("model").value = settings.model[provider] ?? "";
    at("limit").value = settings.limit[provider] ?? "";
    at("available").hidden = true;
    setText(at("list-note"), "");
    showKey();
  }

  function showKey() {
    const { key, kept } = origin() ? readKey(origin()) : { key: "", kept: false };
    at("key").value = key;
    at("keep").checked = kept;
    setText(at("key-note"), "");
    describe();
  }

  function describe() {
    const { provider } = settings;
    const host = destination(settings)?.host ?? "that address";
    const key = at("key").value;
    at("forget").hidden = !key;
    setText(at("key-where"), `Sent by this page to ${host} and nowhere else. ${at("keep").checked ? "Kept on this device until you forget it." : "Gone when you close this tab."}`);
    setText(
      at("where"),
      provider === "sample"
        ? "Recorded replies to a few questions, not from a model. Nothing leaves this page."
        : `Your question${key ? " and key go" : " goes"} straight from this page to ${host}. There is no server in between.`,
    );
    const models = modelLines(settings.models[provider]);
    const panel = own() ? (models.length ? models.join(", ") : "no models yet") : settings.preset;
    setText(at("setup-name"), NAMES[provider]);
    setText(at("setup-summary"), provider === "sample" ? "no key needed" : [provider === "openrouter" ? (key ? "" : "key needed") : host, panel].filter(Boolean).join(" · "));
  }

  function store() {
    write(JSON.stringify(settings));
    describe();
  }

  dialog.addEventListener("change", ({ target }) => {
    if (target.name === "provider") {
      settings.provider = target.value;
      store();
      show();
    } else if (target.id === "preset") {
      settings.preset = target.value;
      store();
      show();
    } else if (target.id === "base-url") {
      setBase(target.value);
    } else if (target.id === "keep" && origin()) {
      saveKey(origin(), at("key").value.trim(), target.checked);
      describe();
    }
  });
  dialog.addEventListener("input", ({ target }) => {
    if (["models", "model", "limit"].includes(target.id)) {
      settings[target.id][settings.provider] = target.value;
      store();
    } else if (target.id === "key" && origin()) {
      saveKey(origin(), target.value.trim(), at("keep").checked);
      setText(at("key-note"), "");
      describe();
    } else if (target.id === "filter") {
      filter(target.value);
    }
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target.dataset.url) setBase(target.dataset.url);
    if (target.dataset.model) addModel(target.dataset.model);
  });
  at("forget").addEventListener("click", () => {
    if (origin()) forgetKey(origin());
    showKey();
  });
  at("list-models").addEventListener("click", offerModels);
  at("sign-in").addEventListener("click", () => signIn(at("keep").checked).catch(({ message }) => setText(at("key-note"), message)));
  at("test-key").addEventListener("click", test);

  async function test() {
    const key = at("key").value.trim();
    const asked = origin();
    setText(at("key-note"), "Asking…");
    const said = await testKey(settings, key).catch((error) => (error instanceof TypeError ? "No connection: the key could not be tested." : error.message));
    // What was asked about may have been replaced meanwhile.
    if (asked === origin() && key === at("key").value.trim()) setText(at("key-note"), said);
  }

  async function returned() {
    const outcome = await finishSignIn();
    if (!outcome) return;
    settings.provider = "openrouter";
    store();
    show();
    setText(at("key-note"), outcome.problem || "You are signed in.");
    if (!dialog.open) dialog.showModal();
  }

  function setBase(url) {
    settings.baseURL = url.trim();
    store();
    show();
  }

  function addModel(name) {
    const lines = modelLines(at("models").value);
    at("models").value = [...lines, name].join("\n");
    settings.models[settings.provider] = at("models").value;
    store();
  }

  async function offerModels() {
    setText(at("list-note"), "Asking…");
    at("available").hidden = true;
    try {
      const names = await listModels(settings, at("key").value.trim());
      at("available-list").replaceChildren(...names.map((name) => h("button", { type: "button", class: "pick", "data-model": name }, name)));
      at("filter").hidden = names.length < 13;
      at("filter").value = "";
      filter("");
      at("available").hidden = false;
      setText(at("list-note"), `${names.length} available. Choose one to put it on the panel, again to seat it twice.`);
    } catch (error) {
      const why = error instanceof TypeError ? "The list could not be read." : error.message;
      setText(at("list-note"), `${why} You can type the names yourself.`);
    }
  }

  function filter(word) {
    for (const pick of at("available-list").children) pick.hidden = !pick.dataset.model.toLowerCase().includes(word.toLowerCase());
  }

  opener.addEventListener("click", () => dialog.showModal());
  setup.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close();
  });
  at("close-settings").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());

  show();
  returned();

  return {
    /** What is chosen now. */
    get current() {
      return settings;
    },
    get key() {
      return at("key").value.trim();
    },
    /** The key for where this goes: what is chosen now, or a turn's setup. */
    keyFor(setup) {
      const to = destination(setup)?.origin;
      return to === origin() ? at("key").value.trim() : to ? readKey(to).key : "";
    },
    /** @param setup of the turn that something is missing for; otherwise what is chosen stays */
    open(setup) {
      if (setup) {
        settings.provider = setup.provider;
        if (setup.provider === "custom") settings.baseURL = setup.baseURL;
        store();
        show();
      }
      if (!dialog.open) dialog.showModal();
    },
    use(provider) {
      settings.provider = provider;
      store();
      show();
    },
  };
}

// What is stored may be from another version of this page, or damaged: only what has the right shape is taken.
function restore() {
  let stored;
  try {
    stored = JSON.parse(localStorage.getItem(SLOT));
  } catch {
    // Storage is off, or holds something else.
  }
  const text = (value, fallback) => (typeof value === "string" ? value : fallback);
  const perProvider = (value) => Object.fromEntries(PROVIDERS.map((name) => [name, text(value?.[name], "")]));
  return {
    provider: PROVIDERS.includes(stored?.provider) ? stored.provider : "sample",
    preset: text(stored?.preset, "general-high"),
    baseURL: text(stored?.baseURL, "http://localhost:11434/v1"),
    models: perProvider(stored?.models),
    model: perProvider(stored?.model),
    limit: perProvider(stored?.limit),
  };
}

function write(text) {
  try {
    localStorage.setItem(SLOT, text);
  } catch {
    // Storage is off: the settings last as long as the page.
  }
}
