// Stores the user's settings in localStorage, as plain data without a key. For each base URL, there
// is a choice: a panel, an analyst, a writer and limits. A user can also save panels under a name.
import presets from "../../src/data/presets.json" with { type: "json" };
import { baseUrl, OPENROUTER } from "./endpoints.js";

const SETTINGS_KEY = "llm-fuse.settings";
const PRESETS_KEY = "llm-fuse.presets";
export const PROVIDERS = {
  sample: "Sample panel",
  openrouter: "OpenRouter",
  custom: "Other provider",
  browser: "This browser",
};
export const MAX_PANELISTS = 8;
export const MAX_CRITERIA_CHARS = 4000;

/** The presets of llm-fuse for OpenRouter, by name. */
export const PRESETS = Object.fromEntries(presets.map(({ name, ...preset }) => [name, preset]));

/**
 * Numbers are stored as they were typed. Do not rename the fields, because stored data uses the
 * names.
 */
const EMPTY = {
  /** A name in PRESETS, or `saved:` and the name of a saved panel, or "" if no preset is chosen. */
  preset: "",
  panel: [],
  /** Instructions that all members of the panel receive. */
  instructions: "",
  /** Additional instructions of each member, in the order of the panel. */
  systems: [],
  analyst: "",
  writer: "",
  effort: "",
  tools: true,
  /** Maximum tokens of a reply. */
  limit: "",
  /** Maximum tool calls. */
  calls: "",
  /** Time limit of a reply in seconds. */
  member: "",
  /**
   * Minimum number of replies. When so many replies have arrived, the run waits for further replies
   * for `grace` seconds only.
   */
  run: "",
  /** Minimum number of replies. When it is reached, the run does not wait for all others. */
  enough: "",
  /** Time in seconds to wait for further replies after the minimum is reached. */
  grace: "",
  budget: "",
  /** Instructions of the user about what matters in the comparison. */
  criteria: "",
  /** Models that answer in a second round if the panel disagrees. */
  further: [],
  /** Minimum number of disagreements for the second round. */
  disputes: "",
  /** If fewer members reply, the run ends without an answer. */
  required: "",
  /** Whether disagreements are checked on the web. */
  verify: false,
};
const EFFORTS = ["", "none", "minimal", "low", "medium", "high", "xhigh", "max"];
/** Fields that are not part of a preset. If the user chooses another panel, the budget stays. */
const NOT_IN_PRESET = ["preset", "budget"];

/**
 * The number fields. Each has its bounds, and the sentence that the page shows if the value is
 * wrong.
 */
export const NUMBERS = {
  limit: {
    min: 1,
    max: 9_999_999,
    problem: "Max tokens per reply must be a whole number, 1 or more.",
  },
  calls: {
    min: 1,
    max: 16,
    problem: "Max tool calls must be a whole number from 1 to 16.",
  },
  member: {
    min: 1,
    max: 86_400,
    problem: "The reply time limit must be in whole seconds, from 1 to 86400.",
  },
  run: {
    min: 1,
    max: 86_400,
    problem: "The total time limit must be in whole seconds, from 1 to 86400.",
  },
  enough: {
    min: 1,
    max: MAX_PANELISTS,
    problem: `Minimum replies must be a whole number from 1 to ${MAX_PANELISTS}.`,
  },
  grace: {
    min: 0,
    max: 86_400,
    problem: "The extra wait must be in whole seconds, from 0 to 86400.",
  },
  disputes: {
    min: 1,
    max: 99,
    problem: "The number of disagreements must be a whole number, 1 or more.",
  },
  required: {
    min: 1,
    max: MAX_PANELISTS,
    problem: `Required replies must be a whole number from 1 to ${MAX_PANELISTS}.`,
  },
  budget: {
    isAmount: true,
    problem: "The budget must be an amount in dollars above 0, such as 0.50.",
  },
};

/**
 * Returns the number in a field. Returns null if the field is empty, and undefined if the number is
 * wrong.
 */
export function numberIn(choice, field) {
  const { min, max, isAmount } = NUMBERS[field];
  const text = choice[field].trim();
  if (!text) return null;
  if (isAmount) {
    const dollars = text.replace(/^\$ ?/, "").replace(",", ".");
    const isValid = /^\d{0,6}(\.\d{0,6})?$/.test(dollars) && dollars > 0;
    return isValid ? Number(dollars) : undefined;
  }
  const isValid = /^\d{1,7}$/.test(text) && text >= min && text <= max;
  return isValid ? Number(text) : undefined;
}

/** Returns `{ problem, field }` for the first wrong field, or undefined if all are right. */
export function invalidNumber(choice) {
  const field = Object.keys(NUMBERS).find((name) => numberIn(choice, name) === undefined);
  if (field) return { problem: NUMBERS[field].problem, field };
  if (numberIn(choice, "grace") !== null && numberIn(choice, "enough") === null) {
    const problem = "Set the minimum replies first; the extra wait starts after them.";
    return { problem, field: "enough" };
  }
  const most = Math.min(numberIn(choice, "enough") ?? MAX_PANELISTS, choice.panel.length);
  if (most === 0 || (numberIn(choice, "required") ?? 0) <= most) return undefined;
  const limit = most < choice.panel.length ? "the minimum replies" : "the models of the panel";
  return { problem: `Required replies can be at most ${limit}: ${most}.`, field: "required" };
}

/** Maximum number of base URLs whose choices the settings keep. */
const MAX_BASE_URLS = 20;

/** Returns the choice for the base URL of the settings. */
export function choiceOf(settings) {
  const url = baseUrl(settings);
  if (Object.hasOwn(settings.at, url)) return settings.at[url];
  if (settings.provider === "openrouter") return presetChoice(presets[0].name, EMPTY);
  return { ...EMPTY, panel: [], systems: [], further: [] };
}

export function setChoice(settings, choice) {
  const url = baseUrl(settings);
  const others = Object.entries(settings.at).filter(([other]) => other !== url);
  settings.at = Object.fromEntries([...others.slice(1 - MAX_BASE_URLS), [url, choice]]);
}

/** Returns a choice with the panel, analyst and writer of a preset. `rest` has the other fields. */
export const presetChoice = (name, rest) => ({
  ...rest,
  preset: name,
  panel: [...PRESETS[name].panel],
  systems: [],
  analyst: "",
  writer: "",
});

/** Returns the model that the analyst and the writer have if none is chosen. */
export const defaultModel = (choice) => PRESETS[choice.preset]?.model ?? choice.panel[0];

/** Turns a preset into a custom panel with the same analyst and writer. */
export function detachPreset(choice) {
  const preset = PRESETS[choice.preset];
  if (!preset) return;
  choice.preset = "";
  choice.analyst ||= preset.model;
  choice.writer ||= preset.model;
}

export function isSameChoice(a, b) {
  const fields = Object.keys(EMPTY).filter((field) => !NOT_IN_PRESET.includes(field));
  const systems = (choice) => choice.panel.map((_, nth) => choice.systems[nth] ?? "");
  const text = (choice) =>
    JSON.stringify(fields.map((field) => (field === "systems" ? systems(choice) : choice[field])));
  return text(a) === text(b);
}

/** Splits typed names of models at commas and line ends. */
export const splitNames = (typed) =>
  typed
    .split(/[\n,]/)
    .map((name) => name.trim())
    .filter(Boolean);

// Check each stored field. Stored data may be damaged, or another version of this page may have
// stored it.

const textOr = (fallback, value) => (typeof value === "string" ? value : fallback);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function readNames(stored, max) {
  const names = Array.isArray(stored) ? stored : [];
  return names.filter((name) => typeof name === "string" && name.trim()).slice(0, max);
}

function readChoice(stored) {
  const choice = { ...EMPTY };
  for (const field of Object.keys(EMPTY)) {
    if (typeof stored?.[field] === typeof EMPTY[field]) choice[field] = stored[field];
  }
  choice.panel = readNames(stored?.panel, MAX_PANELISTS);
  choice.further = readNames(stored?.further, MAX_PANELISTS - 1);
  choice.criteria = choice.criteria.slice(0, MAX_CRITERIA_CHARS);
  const systems = Array.isArray(stored?.systems) ? stored.systems : [];
  choice.systems = choice.panel.map((_, nth) => textOr("", systems[nth]));
  if (!EFFORTS.includes(choice.effort)) choice.effort = "";
  // Use the preset's models in this version of the page. Another version may have stored other
  // models for the preset.
  if (Object.hasOwn(PRESETS, choice.preset)) choice.panel = [...PRESETS[choice.preset].panel];
  return choice;
}

/** Returns `{ provider, baseURL, at }`. `at` maps each base URL to its choice. */
export function loadSettings() {
  const stored = read(SETTINGS_KEY);
  const baseURL = textOr("http://localhost:11434/v1", stored?.baseURL);
  const provider = Object.hasOwn(PROVIDERS, stored?.provider) ? stored.provider : "sample";
  if (!isObject(stored?.at)) {
    const settings = { provider, baseURL, at: migrateFirstVersion(stored, baseURL) };
    if (stored) saveSettings(settings);
    return settings;
  }
  const choices = Object.entries(stored.at).map(([url, choice]) => [url, readChoice(choice)]);
  return { provider, baseURL, at: Object.fromEntries(choices) };
}

/**
 * Converts the settings that the first version of this page stored. The first version stored one
 * text for each provider. Each line of the text was a model.
 */
function migrateFirstVersion(stored, baseURL) {
  const at = {};
  for (const provider of ["openrouter", "custom"]) {
    const panel = splitNames(textOr("", stored?.models?.[provider]));
    const model = textOr("", stored?.model?.[provider]).trim();
    const limit = textOr("", stored?.limit?.[provider]);
    const own = readChoice({ panel, analyst: model, writer: model, limit });
    const isPreset = provider === "openrouter" && stored?.preset !== "own";
    const preset = isPreset && Object.hasOwn(PRESETS, stored?.preset) ? stored.preset : "";
    if (preset) at[OPENROUTER] = presetChoice(preset, own);
    else if (panel.length > 0 || model || own.limit) at[baseUrl({ provider, baseURL })] = own;
    // The first version stored the user's own panel even if a preset was chosen. Keep that panel as
    // a saved one.
    if (preset && panel.length > 0) savePreset(OPENROUTER, "My panel", own);
  }
  return at;
}

export const saveSettings = (settings) => write(SETTINGS_KEY, settings);

/**
 * Returns the saved panels of a base URL, sorted by name. Includes panels that other tabs have
 * saved.
 */
export function savedPresets(url) {
  return allPresets()
    .filter(({ place }) => place === url)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Saves a panel. If a saved panel has the same name, replaces it. */
export function savePreset(url, name, choice) {
  const others = allPresets().filter((preset) => !isPreset(preset, url, name));
  // In stored data, the field of the base URL is called "place".
  const preset = { place: url, name, choice: { ...choice, preset: "", budget: "" } };
  write(PRESETS_KEY, [...others, preset]);
}

export function deletePreset(url, name) {
  write(
    PRESETS_KEY,
    allPresets().filter((preset) => !isPreset(preset, url, name)),
  );
}

const isPreset = (preset, url, name) => preset.place === url && preset.name === name;

function allPresets() {
  const stored = read(PRESETS_KEY);
  const isComplete = (preset) =>
    typeof preset?.place === "string" && typeof preset.name === "string" && preset.name.trim();
  return (Array.isArray(stored) ? stored : [])
    .filter(isComplete)
    .map(({ place, name, choice }) => ({
      place,
      name: name.slice(0, 60),
      choice: readChoice({ ...choice, preset: "" }),
    }));
}

/**
 * The stored values. If the browser blocks storage, only this map has the values, until the page is
 * closed.
 */
const memory = new Map();

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return JSON.parse(memory.get(key) ?? "null");
  }
}

function write(key, value) {
  memory.set(key, JSON.stringify(value));
  try {
    localStorage.setItem(key, memory.get(key));
  } catch {
    // The browser blocks storage, so only `memory` has the value.
  }
}
