// The models that a provider lists. What it does not say of one stays unknown; what it says in another shape is not taken.
import { baseUrl, builtInProvider, endpointUrl, request, needsKey, isReachable } from "./endpoints.js";

/** OpenRouter's list has about half a megabyte. */
const MOST_BYTES = 12_000_000;
const MOST_MODELS = 5_000;
const PATIENCE_MS = 20_000;

// By where and with which key: other keys may see other models.
const lists = new Map();
const slot = (settings, key) => `${baseUrl(settings)} ${settings.provider === "openrouter" ? "" : key}`;

/** What has been read so far: a list, or undefined. */
export const knownModels = (settings, key) => lists.get(slot(settings, key))?.models;
export const knownModel = (settings, key, id) => knownModels(settings, key)?.find((model) => model.id === id);

/** Asks once; after a failure again. @returns the models, the newest first */
export function loadModels(settings, key) {
  const name = slot(settings, key);
  const list = lists.get(name) ?? { asking: ask(settings, key) };
  if (!lists.has(name)) {
    lists.set(name, list);
    list.asking.then(
      (models) => (list.models = models),
      () => lists.delete(name),
    );
  }
  return list.asking;
}

async function ask(settings, key) {
  const to = endpointUrl(settings);
  if (!to || !isReachable(to)) throw new Error("Cannot load the model list: this page cannot reach that address.");
  const openrouter = settings.provider === "openrouter";
  if (needsKey(settings) && !openrouter && !key) throw new Error(`${to.host} needs a key to list its models.`);
  try {
    // Anthropic gives twenty at a time, unless asked. OpenRouter's list is for everybody.
    const path = builtInProvider(settings) === "anthropic" ? "/models?limit=1000" : "/models";
    const response = await request(settings, openrouter ? "" : key, path, AbortSignal.timeout(PATIENCE_MS));
    if (!response.ok) throw new Error(`${to.host} answered ${response.status} to the request for its models.`);
    const models = read(JSON.parse(await text(response)));
    if (models.length === 0) throw new Error(`${to.host} lists no models.`);
    return models;
  } catch (error) {
    // What the browser or the parser says is of no use to a person.
    if (error.constructor === Error) throw error;
    throw new Error(error.name === "TimeoutError" ? `${to.host} timed out while listing its models.` : `The model list of ${to.host} could not be read.`);
  }
}

async function text(response) {
  const decoder = new TextDecoder();
  let [all, bytes] = ["", 0];
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all + decoder.decode();
    bytes += value.length;
    if (bytes > MOST_BYTES) {
      reader.cancel().catch(() => {});
      throw new Error("The model list is too large.");
    }
    all += decoder.decode(value, { stream: true });
  }
}

function read(list) {
  const found = new Map();
  for (const entry of Array.isArray(list?.data) ? list.data : []) {
    const id = typeof entry?.id === "string" ? entry.id.trim() : "";
    // llm-fuse refuses a fusion inside a fusion.
    if (!id || id.length > 200 || found.has(id) || /^~?openrouter\/fusion/i.test(id) || !writes(entry)) continue;
    found.set(id, model(id, entry));
    if (found.size === MOST_MODELS) break;
  }
  return [...found.values()].sort((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1));
}

const words = (value) => (Array.isArray(value) ? value.filter((word) => typeof word === "string") : []);
const writes = ({ architecture }) => !Array.isArray(architecture?.output_modalities) || architecture.output_modalities.includes("text");

function model(id, entry) {
  const said = [entry.name, entry.display_name].find((name) => typeof name === "string" && name.trim());
  const name = (said ?? id).trim().slice(0, 120);
  const parameters = words(entry.supported_parameters);
  const can = [
    [words(entry.architecture?.input_modalities).includes("image"), "pictures"],
    [parameters.includes("tools"), "tools"],
    [parameters.includes("reasoning"), "reasoning"],
    [parameters.includes("structured_outputs"), "structured output"],
  ];
  return {
    id,
    name,
    price: price(entry.pricing),
    context: context(entry),
    can: can.filter(([does]) => does).map(([, what]) => what),
    created: Number.isFinite(entry.created) ? entry.created : 0,
    text: `${id} ${name}`.toLowerCase(),
  };
}

// OpenRouter, Groq, vLLM, Mistral, Anthropic, llama.cpp.
const context = ({ context_length, context_window, max_model_len, max_context_length, max_input_tokens, meta }) =>
  [context_length, context_window, max_model_len, max_context_length, max_input_tokens, meta?.n_ctx_train].find((tokens) => Number.isInteger(tokens) && tokens > 0) ?? null;

/** OpenRouter's `pricing`, as far as `options.prices` takes it; null where it does not tell. Its routers say -1. */
function price(pricing) {
  const amount = (value) => (["string", "number"].includes(typeof value) && /^\d+(\.\d+)?(e-?\d+)?$/i.test(value) && value < 1 ? String(value) : undefined);
  const rates = (from) => ({ prompt: amount(from.prompt), completion: amount(from.completion), request: amount(from.request), internal_reasoning: amount(from.internal_reasoning), web_search: amount(from.web_search) });
  if (typeof pricing !== "object" || pricing === null) return null;
  const known = rates(pricing);
  if (!known.prompt || !known.completion) return null;
  const condition = (value) => (Number.isInteger(value) && value >= 0 ? value : undefined);
  const overrides = (Array.isArray(pricing.overrides) ? pricing.overrides : [])
    .filter((other) => typeof other === "object" && other !== null)
    .slice(0, 20)
    .map((other) => ({ min_prompt_tokens: condition(other.min_prompt_tokens), utc_start: condition(other.utc_start), utc_end: condition(other.utc_end), ...rates(other) }));
  const discount = pricing.discount > 0 && pricing.discount <= 1 ? Number(pricing.discount) : undefined;
  // Without what is undefined.
  return JSON.parse(JSON.stringify({ ...known, ...(overrides.length > 0 && { overrides }), discount }));
}

/** For `options.prices`: those of these models that are known. */
export function pricesOf(settings, key, ids) {
  const known = ids.map((id) => knownModel(settings, key, id)).filter((model) => model?.price);
  return Object.fromEntries(known.map(({ id, price }) => [id, price]));
}

function usd(perToken) {
  const amount = perToken * 1e6;
  return `$${amount < 0.1 ? Number(amount.toPrecision(2)) : amount.toFixed(2).replace(/\.00$/, "")}`;
}

/** Per million tokens. */
export function priceWords(price) {
  if (!price) return "price unknown";
  const off = 1 - (price.discount ?? 0);
  const [prompt, completion, request] = [price.prompt, price.completion, price.request ?? 0].map((amount) => amount * off);
  if (prompt + completion + request === 0) return "free";
  return `${usd(prompt)} in, ${usd(completion)} out${request > 0 ? `, ${usd(request / 1e6)} per call` : ""}`;
}

export function contextWords(tokens) {
  if (tokens >= 1e6) return `${Number((tokens / 1e6).toPrecision(3))}M context`;
  return tokens >= 1000 ? `${Math.round(tokens / 1000)}k context` : `${tokens} context`;
}

/** Those that have every word, the best first: the very name, then a part of it that begins so, then the provider's order. */
export function search(models, wanted) {
  const typed = wanted.trim().toLowerCase();
  if (!typed) return models;
  const parts = typed.split(/\s+/);
  const rank = ({ id, text }) => (id.toLowerCase() === typed ? 0 : parts.every((part) => starts(text, part)) ? 1 : 2);
  const ranked = models.filter(({ text }) => parts.every((part) => text.includes(part))).map((model) => [rank(model), model]);
  return ranked.sort(([a], [b]) => a - b).map(([, model]) => model);
}

function starts(text, part) {
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) if (at === 0 || !/[a-z0-9]/.test(text[at - 1])) return true;
  return false;
}
