// From what the person chose to what `fuse()` takes, or to the sentence that says what is missing.
import { webAddress } from "../dom.js";
import { samplePanel } from "../sample/index.js";

export const OPENROUTER = "https://openrouter.ai/api/v1";

// Those whose key or wire format is their own are called by llm-fuse's name for them.
const BUILT_IN = {
  "https://api.openai.com/v1": "openai",
  "https://api.anthropic.com/v1": "anthropic",
  "https://generativelanguage.googleapis.com/v1beta/openai": "google",
  "https://api.x.ai/v1": "xai",
};
const builtIn = ({ provider, baseURL }) => (provider === "custom" ? BUILT_IN[trimmed(baseURL)] : undefined);
const trimmed = (url) => url.trim().replace(/\/+$/, "");

/** Where calls of these settings go, and with them the key. */
export function destination({ provider, baseURL }) {
  return provider === "openrouter" ? new URL(OPENROUTER) : webAddress(baseURL);
}

/** @param question `{ text, images }`
 *  @param messages the whole conversation with it
 *  @returns `{ request, options, setup }`, or `{ problem, field }`. `setup` is what a turn keeps of it: no key. */
export function plan(settings, key, question, messages) {
  const { provider } = settings;
  if (!question.text.trim() && question.images.length === 0) return { problem: "Write a question first.", field: "question" };
  if (provider === "sample") {
    const { request, options } = samplePanel(question.text);
    return { request: { messages, ...request }, options, setup: { provider, host: "", baseURL: options.baseURL, hasKey: false, staged: true, budget: null } };
  }

  const live = liveOptions(settings, key);
  if (live.problem) return live;
  const name = builtIn(settings);

  const request = { messages };
  if (provider === "openrouter" && settings.preset !== "own") {
    request.preset = settings.preset;
  } else {
    const models = modelLines(settings.models[provider]);
    if (models.length === 0) return { problem: "Name at least one panel model.", field: "models" };
    if (models.length > 8) return { problem: `A panel has at most 8 members; these are ${models.length}.`, field: "models" };
    const named = (model) => (name && !model.startsWith(`${name}:`) ? `${name}:${model}` : model);
    request.analysis_models = models.map(named);
    const model = settings.model[provider]?.trim() || (name && models[0]);
    if (model) request.model = named(model);
    const limit = settings.limit[provider]?.trim();
    if (limit && !/^[1-9]\d{0,6}$/.test(limit)) return { problem: "The longest reply must be a whole number of tokens.", field: "limit" };
    if (limit) request.max_completion_tokens = Number(limit);
  }

  return { request, options: live.options, setup: { ...live.setup, budget: null } };
}

/** For a run that is there already, whose request is in its snapshot: who is asked is the turn's own affair, whatever is chosen by now.
 *  @param setup a turn's, or the settings where the turn does not say (an imported snapshot names no provider)
 *  @param key what `readKey()` has for where that goes
 *  @param question the turn's; the sample panel's recordings go by it
 *  @returns `{ options, setup }`, or `{ problem, field }` */
export function planAgain(setup, key, question = { text: "" }) {
  if (setup.provider === "sample") return { options: samplePanel(question.text).options, setup };
  const { problem, field, options, setup: now } = liveOptions(setup, key);
  return problem ? { problem, field } : { options, setup: { ...now, budget: setup.budget ?? null } };
}

/** What is live or secret of a call: where it goes, and whose key it takes. */
function liveOptions(from, key) {
  const { provider } = from;
  const to = destination(from);
  if (!to) return { problem: "The base URL must be a full address such as http://localhost:11434/v1.", field: "base-url" };
  if (!reachable(to)) {
    return {
      problem: `This page may only talk to https addresses and, over http, to this machine (localhost or 127.0.0.1). ${to.host} needs https, or open the page from there.`,
      field: "base-url",
    };
  }
  const name = builtIn(from);
  if (name && !key) return { problem: `${to.host} needs an API key.`, field: "key" };
  if (provider === "openrouter" && !key) return { problem: "OpenRouter needs an API key. Sign in, or make one at openrouter.ai/settings/keys.", field: "key" };

  const options = { baseURL: provider === "openrouter" ? OPENROUTER : from.baseURL.trim() };
  if (name) options.providers = { [name]: { apiKey: key } };
  else if (key) options.apiKey = key;
  if (provider === "openrouter") options.app = { title: "llm-fuse demo", url: location.origin };
  return { options, setup: { provider, host: to.host, baseURL: options.baseURL, hasKey: Boolean(key), staged: false } };
}

export const modelLines = (text = "") => text.split(/[\n,]/).map((line) => line.trim()).filter(Boolean);

/** Asks what costs nothing whether the key is taken.
 *  @returns the answer as a sentence; OpenRouter alone says what is left to spend. */
export async function testKey(settings, key) {
  const to = destination(settings);
  if (!to || !reachable(to)) throw new Error("Set a base URL that this page can reach first.");
  const openrouter = settings.provider === "openrouter";
  if (openrouter && !key) throw new Error("There is no key to test yet.");
  const response = await get(settings, key, openrouter ? "/key" : "/models");
  if (response.status === 401 || response.status === 403) throw new Error(`${to.host} did not accept ${key ? "the key" : "a call without a key"}.`);
  if (!response.ok) throw new Error(`${to.host} answered ${response.status}.`);
  if (!openrouter) return `${to.host} answers${key ? " and did not refuse the key" : " without a key"}. It does not say what credit is left.`;
  const left = (await response.json()).data?.limit_remaining;
  return typeof left === "number" ? `The key works. It may still spend $${left.toFixed(2)}.` : "The key works and has no limit of its own; your account's credit applies.";
}

function get(settings, key, path) {
  const base = settings.provider === "openrouter" ? OPENROUTER : trimmed(settings.baseURL);
  const anthropic = builtIn(settings) === "anthropic";
  const headers = anthropic ? { "anthropic-version": "2023-06-01", "anthropic-dangerous-direct-browser-access": "true" } : {};
  if (key) Object.assign(headers, anthropic ? { "x-api-key": key } : { authorization: `Bearer ${key}` });
  return fetch(base + path, { headers });
}

/** The names that `GET {base}/models` offers. */
export async function listModels(settings, key) {
  const to = destination(settings);
  if (!to || !reachable(to)) throw new Error("Set a base URL that this page can reach first.");
  const response = await get(settings, key, "/models");
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const { data } = await response.json();
  const names = data.map(({ id }) => id).filter((id) => typeof id === "string" && id);
  if (names.length === 0) throw new Error("The server lists no models.");
  return names.sort();
}

// Mirrors connect-src in index.html: saying it beforehand is kinder than a blocked call that looks like a dead network.
const reachable = ({ protocol, hostname, origin }) =>
  protocol === "https:" || hostname === "localhost" || hostname === "127.0.0.1" || origin === location.origin;
