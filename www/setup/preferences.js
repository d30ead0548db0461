// What a person has chosen, as plain data without any key: for each place that calls go to a panel, its judges and its limits; and those saved
// under a name. Kept on this device.
import { baseUrl, OPENROUTER } from "./endpoints.js";

const SLOT = "llm-fuse.settings";
const SAVED = "llm-fuse.presets";
export const PROVIDERS = { sample: "Sample panel", openrouter: "OpenRouter", custom: "Other provider" };
export const MAX_PANELISTS = 8;

const OPUS = "~anthropic/claude-opus-latest";
/** llm-fuse's own, for OpenRouter; spelled out so that they can be shown. */
export const PRESETS = {
  "general-high": { title: "High", about: "the strongest models, slow and expensive", panel: [OPUS, "~openai/gpt-latest", "~google/gemini-pro-latest"], model: OPUS },
  "general-budget": { title: "Budget", about: "good models at a low price", panel: ["~google/gemini-flash-latest", "deepseek/deepseek-v3.2", "~moonshotai/kimi-latest"], model: OPUS },
  "general-fast": { title: "Fast", about: "small models, quick answers", panel: ["~anthropic/claude-haiku-latest", "~google/gemini-flash-latest"], model: OPUS },
};

/** `preset`: a ready-made one's name, `saved:` and the name of an own one, or empty. Numbers are kept as they were typed. */
const EMPTY = { preset: "", panel: [], analyst: "", writer: "", effort: "", tools: true, limit: "", calls: "", member: "", run: "", enough: "", grace: "", budget: "" };
const EFFORTS = ["", "none", "minimal", "low", "medium", "high", "xhigh", "max"];
/** What a preset says nothing of: a budget is the person's, and choosing another panel never lifts it. */
const NOT_PRESET = ["preset", "budget"];

/** Fields with a number: its bounds, and what is said where it is none of them. */
export const NUMBERS = {
  limit: { from: 1, to: 9_999_999, words: "Max tokens per reply must be a whole number, 1 or more." },
  calls: { from: 1, to: 16, words: "Max tool calls must be a whole number from 1 to 16." },
  member: { from: 1, to: 86_400, words: "The reply time limit must be in whole seconds, from 1 to 86400." },
  run: { from: 1, to: 86_400, words: "The total time limit must be in whole seconds, from 1 to 86400." },
  enough: { from: 1, to: MAX_PANELISTS, words: `Minimum replies must be a whole number from 1 to ${MAX_PANELISTS}.` },
  grace: { from: 0, to: 86_400, words: "The extra wait must be in whole seconds, from 0 to 86400." },
  budget: { amount: true, words: "The budget must be an amount in dollars above 0, such as 0.50." },
};

/** @returns the number in a field; null where it is empty, undefined where it is wrong */
export function number(choice, field) {
  const { from, to, amount } = NUMBERS[field];
  const text = choice[field].trim();
  if (!text) return null;
  if (!amount) return /^\d{1,7}$/.test(text) && text >= from && text <= to ? Number(text) : undefined;
  const dollars = text.replace(/^\$ ?/, "").replace(",", ".");
  return /^\d{0,6}(\.\d{0,6})?$/.test(dollars) && dollars > 0 ? Number(dollars) : undefined;
}

/** @returns `{ problem, field }` of the first field that is wrong, or undefined */
export function invalidNumber(choice) {
  const field = Object.keys(NUMBERS).find((name) => number(choice, name) === undefined);
  if (field) return { problem: NUMBERS[field].words, field };
  return number(choice, "grace") !== null && number(choice, "enough") === null ? { problem: "Set the minimum replies first; the extra wait starts after them.", field: "enough" } : undefined;
}

/** As many places are remembered. */
const PLACES = 20;

/** What is chosen for where these settings go. */
export function choiceOf(settings) {
  const place = baseUrl(settings);
  if (Object.hasOwn(settings.at, place)) return settings.at[place];
  return settings.provider === "openrouter" ? presetChoice("general-high", EMPTY) : { ...EMPTY, panel: [] };
}

export function choose(settings, choice) {
  const others = Object.entries(settings.at).filter(([place]) => place !== baseUrl(settings));
  settings.at = Object.fromEntries([...others.slice(1 - PLACES), [baseUrl(settings), choice]]);
}

/** It names a panel and its judges; the rest stays as it is. */
export const presetChoice = (name, rest) => ({ ...rest, preset: name, panel: [...PRESETS[name].panel], analyst: "", writer: "" });

/** Who analyses and writes where nobody is named. */
export const defaultModel = (choice) => PRESETS[choice.preset]?.model ?? choice.panel[0];

/** A ready-made panel that is changed is one's own, and keeps its judges. */
export function detachPreset(choice) {
  const ready = PRESETS[choice.preset];
  if (!ready) return;
  choice.preset = "";
  choice.analyst ||= ready.model;
  choice.writer ||= ready.model;
}

export const sameChoice = (a, b) => {
  const text = (choice) => JSON.stringify(Object.keys(EMPTY).filter((field) => !NOT_PRESET.includes(field)).map((field) => choice[field]));
  return text(a) === text(b);
};

// What is stored may be from another version of this page, or damaged: only what has the right shape is taken.
const text = (value, fallback) => (typeof value === "string" ? value : fallback);
export const names = (typed) => typed.split(/[\n,]/).map((name) => name.trim()).filter(Boolean);

function readChoice(stored) {
  const choice = { ...EMPTY };
  for (const field of Object.keys(EMPTY)) if (typeof stored?.[field] === typeof EMPTY[field]) choice[field] = stored[field];
  choice.panel = (Array.isArray(stored?.panel) ? stored.panel : []).filter((name) => typeof name === "string" && name.trim()).slice(0, MAX_PANELISTS);
  if (!EFFORTS.includes(choice.effort)) choice.effort = "";
  // The ready-made ones may have changed with the version.
  return Object.hasOwn(PRESETS, choice.preset) ? { ...choice, panel: [...PRESETS[choice.preset].panel] } : choice;
}

export function restore() {
  const stored = load(SLOT);
  const baseURL = text(stored?.baseURL, "http://localhost:11434/v1");
  const provider = Object.hasOwn(PROVIDERS, stored?.provider) ? stored.provider : "sample";
  const isCurrent = isObject(stored?.at);
  const at = isCurrent ? Object.fromEntries(Object.entries(stored.at).map(([place, choice]) => [place, readChoice(choice)])) : earlier(stored, baseURL);
  const settings = { provider, baseURL, at };
  if (stored && !isCurrent) store(settings);
  return settings;
}

/** The first version had one text for each provider, a model in each line. */
function earlier(stored, baseURL) {
  const at = {};
  for (const provider of ["openrouter", "custom"]) {
    const panel = names(text(stored?.models?.[provider], ""));
    const model = text(stored?.model?.[provider], "").trim();
    const own = readChoice({ panel, analyst: model, writer: model, limit: text(stored?.limit?.[provider], "") });
    const preset = provider === "openrouter" && stored?.preset !== "own" && Object.hasOwn(PRESETS, stored?.preset) ? stored.preset : "";
    if (preset) at[OPENROUTER] = presetChoice(preset, own);
    else if (panel.length > 0 || model || own.limit) at[baseUrl({ provider, baseURL })] = own;
    // It was there for the next time.
    if (preset && panel.length > 0) savePreset(OPENROUTER, "My panel", own);
  }
  return at;
}

export const store = (settings) => save(SLOT, settings);

/** Own presets for a place, by name. They are read anew each time: another tab may have saved one. */
export function presets(place) {
  return all()
    .filter((preset) => preset.place === place)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Also in the place of one of that name. */
export function savePreset(place, name, choice) {
  save(SAVED, [...all().filter((preset) => !is(preset, place, name)), { place, name, choice: { ...choice, preset: "", budget: "" } }]);
}

export function deletePreset(place, name) {
  save(SAVED, all().filter((preset) => !is(preset, place, name)));
}

const is = (preset, place, name) => preset.place === place && preset.name === name;

function all() {
  const stored = load(SAVED);
  const whole = (Array.isArray(stored) ? stored : []).filter((preset) => typeof preset?.place === "string" && typeof preset.name === "string" && preset.name.trim());
  return whole.map(({ place, name, choice }) => ({ place, name: name.slice(0, 60), choice: readChoice({ ...choice, preset: "" }) }));
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Where storage is off, what is chosen lasts as long as the page.
const kept = new Map();

function load(slot) {
  try {
    return JSON.parse(localStorage.getItem(slot));
  } catch {
    return JSON.parse(kept.get(slot) ?? "null");
  }
}

function save(slot, value) {
  kept.set(slot, JSON.stringify(value));
  try {
    localStorage.setItem(slot, kept.get(slot));
  } catch {
    // As above.
  }
}
