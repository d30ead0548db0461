// Reads the models that a provider lists. A field that is missing or has a wrong type stays
// unknown.
import {
  baseUrl,
  builtInProvider,
  endpointUrl,
  isReachable,
  needsKey,
  request,
} from "./endpoints.js";

/** Maximum size of a list. OpenRouter's list has about 0.5 MB. */
const MAX_LIST_BYTES = 12_000_000;
const MAX_MODELS = 5_000;
const TIMEOUT_MS = 20_000;
const MAX_ID_CHARS = 200;
const MAX_NAME_CHARS = 120;

/**
 * The loaded lists, by base URL and key, because another key may have other models. OpenRouter's
 * list is the same for all keys.
 */
const lists = new Map();
const listKey = (settings, key) =>
  `${baseUrl(settings)} ${settings.provider === "openrouter" ? "" : key}`;

/** Returns the loaded list, or undefined. */
export const knownModels = (settings, key) => lists.get(listKey(settings, key))?.models;
export const knownModel = (settings, key, id) =>
  knownModels(settings, key)?.find((model) => model.id === id);

/**
 * Loads the model list of a provider. Later calls return the same promise. If loading fails, the
 * next call loads the list again. Resolves with the models, newest first.
 */
export function loadModels(settings, key) {
  const name = listKey(settings, key);
  const known = lists.get(name);
  if (known) return known.loading;
  const list = { loading: fetchModels(settings, key) };
  lists.set(name, list);
  list.loading.then(
    (models) => {
      list.models = models;
    },
    () => lists.delete(name),
  );
  return list.loading;
}

/** An error whose message is shown to the person. */
class ListError extends Error {}

async function fetchModels(settings, key) {
  const url = endpointUrl(settings);
  if (!url || !isReachable(url)) {
    throw new ListError("Cannot load the model list: this page cannot reach that address.");
  }
  const isOpenRouter = settings.provider === "openrouter";
  if (needsKey(settings) && !isOpenRouter && !key) {
    throw new ListError(`${url.host} needs a key to list its models.`);
  }
  try {
    // By default, Anthropic lists only 20 models. OpenRouter's list needs no key.
    const path = builtInProvider(settings) === "anthropic" ? "/models?limit=1000" : "/models";
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await request(settings, isOpenRouter ? "" : key, path, signal);
    if (!response.ok) {
      throw new ListError(`${url.host} answered ${response.status} to the request for its models.`);
    }
    const models = readList(JSON.parse(await readText(response)));
    if (models.length === 0) throw new ListError(`${url.host} lists no models.`);
    return models;
  } catch (error) {
    if (error instanceof ListError) throw error;
    const isTimeout = error.name === "TimeoutError";
    throw new ListError(
      isTimeout
        ? `${url.host} timed out while listing its models.`
        : `The model list of ${url.host} could not be read.`,
    );
  }
}

async function readText(response) {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > MAX_LIST_BYTES) {
      reader.cancel().catch(() => {});
      throw new ListError("The model list is too large.");
    }
    text += decoder.decode(value, { stream: true });
  }
}

function readList(list) {
  const found = new Map();
  for (const entry of Array.isArray(list?.data) ? list.data : []) {
    const id = typeof entry?.id === "string" ? entry.id.trim() : "";
    if (!id || id.length > MAX_ID_CHARS || found.has(id)) continue;
    // Skip fusion models, because llm-fuse rejects a fusion inside a fusion.
    if (/^~?openrouter\/fusion/i.test(id) || !hasTextOutput(entry)) continue;
    found.set(id, readModel(id, entry));
    if (found.size === MAX_MODELS) break;
  }
  return [...found.values()].sort((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1));
}

const strings = (value) =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];

function hasTextOutput({ architecture }) {
  const outputs = architecture?.output_modalities;
  return !Array.isArray(outputs) || outputs.includes("text");
}

function readModel(id, entry) {
  const isName = (name) => typeof name === "string" && name.trim();
  const listed = [entry.name, entry.display_name].find(isName);
  const name = (listed ?? id).trim().slice(0, MAX_NAME_CHARS);
  const parameters = strings(entry.supported_parameters);
  const abilities = [
    [strings(entry.architecture?.input_modalities).includes("image"), "pictures"],
    [parameters.includes("tools"), "tools"],
    [parameters.includes("reasoning"), "reasoning"],
    [parameters.includes("structured_outputs"), "structured output"],
  ];
  return {
    id,
    name,
    price: readPrice(entry.pricing),
    context: contextLength(entry),
    can: abilities.filter(([has]) => has).map(([, ability]) => ability),
    created: Number.isFinite(entry.created) ? entry.created : 0,
    text: `${id} ${name}`.toLowerCase(),
  };
}

/**
 * Returns the context length. Each provider uses another field for it. The candidates are the
 * fields of OpenRouter, Groq, vLLM, Mistral, Anthropic and llama.cpp, in this order.
 */
function contextLength(entry) {
  const candidates = [
    entry.context_length,
    entry.context_window,
    entry.max_model_len,
    entry.max_context_length,
    entry.max_input_tokens,
    entry.meta?.n_ctx_train,
  ];
  return candidates.find((tokens) => Number.isInteger(tokens) && tokens > 0) ?? null;
}

/** Returns OpenRouter's `pricing` in the form of `options.prices`, or null if it is unknown. */
function readPrice(pricing) {
  if (typeof pricing !== "object" || pricing === null) return null;
  const base = readRates(pricing);
  if (!base.prompt || !base.completion) return null;
  const overrides = (Array.isArray(pricing.overrides) ? pricing.overrides : [])
    .filter((override) => typeof override === "object" && override !== null)
    .slice(0, 20)
    .map((override) => ({ ...readConditions(override), ...readRates(override) }));
  const hasDiscount = pricing.discount > 0 && pricing.discount <= 1;
  const discount = hasDiscount ? Number(pricing.discount) : undefined;
  // Copy through JSON to remove undefined fields.
  return JSON.parse(
    JSON.stringify({ ...base, ...(overrides.length > 0 && { overrides }), discount }),
  );
}

const readRates = (from) => ({
  prompt: readAmount(from.prompt),
  completion: readAmount(from.completion),
  request: readAmount(from.request),
  internal_reasoning: readAmount(from.internal_reasoning),
  web_search: readAmount(from.web_search),
});

/** Returns a price as text. OpenRouter's routers have the price -1, which counts as unknown. */
function readAmount(value) {
  const isNumeric = ["string", "number"].includes(typeof value);
  const isAmount = isNumeric && /^\d+(\.\d+)?(e-?\d+)?$/i.test(value) && value < 1;
  return isAmount ? String(value) : undefined;
}

function readConditions({ min_prompt_tokens, utc_start, utc_end }) {
  const read = (value) => (Number.isInteger(value) && value >= 0 ? value : undefined);
  return {
    min_prompt_tokens: read(min_prompt_tokens),
    utc_start: read(utc_start),
    utc_end: read(utc_end),
  };
}

/** Returns `options.prices` with the known prices of these models. */
export function pricesOf(settings, key, ids) {
  const models = ids.map((id) => knownModel(settings, key, id));
  const priced = models.filter((model) => model?.price);
  return Object.fromEntries(priced.map(({ id, price }) => [id, price]));
}

/** Formats a price in USD per million tokens. */
function usdPerMillion(perToken) {
  const amount = perToken * 1e6;
  if (amount < 0.1) return `$${Number(amount.toPrecision(2))}`;
  return `$${amount.toFixed(2).replace(/\.00$/, "")}`;
}

export function priceText(price) {
  if (!price) return "price unknown";
  const factor = 1 - (price.discount ?? 0);
  const rates = [price.prompt, price.completion, price.request ?? 0];
  const [prompt, completion, perCall] = rates.map((rate) => rate * factor);
  if (prompt + completion + perCall === 0) return "free";
  const tokens = `${usdPerMillion(prompt)} in, ${usdPerMillion(completion)} out`;
  return perCall > 0 ? `${tokens}, ${usdPerMillion(perCall / 1e6)} per call` : tokens;
}

export function contextText(tokens) {
  if (tokens >= 1e6) return `${Number((tokens / 1e6).toPrecision(3))}M context`;
  return tokens >= 1000 ? `${Math.round(tokens / 1000)}k context` : `${tokens} context`;
}

/**
 * Returns the models that contain every typed word. The model with exactly this id comes first.
 * Next come models in which every word begins a part of the name, then all others. Each group keeps
 * the provider's order.
 */
export function search(models, query) {
  const typed = query.trim().toLowerCase();
  if (!typed) return models;
  const words = typed.split(/\s+/);
  const rank = ({ id, text }) => {
    if (id.toLowerCase() === typed) return 0;
    return words.every((word) => beginsPart(text, word)) ? 1 : 2;
  };
  return models
    .filter(({ text }) => words.every((word) => text.includes(word)))
    .map((model) => [rank(model), model])
    .sort(([a], [b]) => a - b)
    .map(([, model]) => model);
}

/**
 * Returns whether the word is at the beginning of the text, or follows a character that is not a
 * letter or digit.
 */
function beginsPart(text, word) {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[a-z0-9]/.test(text[at - 1])) return true;
  }
  return false;
}
