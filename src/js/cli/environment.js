// Finds providers by the keys in the environment. Without a key, looks for Ollama on this machine.

import table from "../../data/providers.json" with { type: "json" };
import { findOllama, ollamaAddress } from "./ollama.js";
import { UsageError } from "./usage-error.js";

/** Environment variables that may contain a provider's key, in addition to `NAME_API_KEY`. */
const moreKeys = /** @type {Record<string, string[]>} */ ({
  google: ["GEMINI_API_KEY"],
  cloudflare: ["CLOUDFLARE_API_TOKEN"],
});

/** The default model of a provider, used if the user names no model. */
const usualModels = /** @type {Record<string, string>} */ ({
  openai: "gpt-5.5",
  anthropic: "claude-opus-4-6",
  google: "gemini-3-pro",
});

const NOTHING =
  "No key and no local model found. Set OPENROUTER_API_KEY (https://openrouter.ai/keys), or " +
  "OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY;\n" +
  "or start Ollama with a model (ollama pull llama3.2), or see a sample with scripted replies: " +
  "llm-fuse --sample";

/**
 * Returns the options of `fuse()` with the keys and addresses of providers, and a default panel. If
 * the user chose models, a preset or a snapshot, `panel` is undefined.
 * @param {any} values
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<{ options: any, panel?: string[] }>}
 */
export async function findProviders(values, env) {
  const keyed = keysIn(env);
  const options = optionsFor(keyed, values["base-url"], env);
  refuseAddress(values, env);
  if (values.models || values.preset || values.resume) return { options };
  if (values["base-url"]) throw new UsageError("--base-url needs --models");
  if (keyed.has("openrouter")) return { options };
  if (keyed.size > 0) return { options, panel: panelOf([...keyed.keys()]) };
  const local = await findOllama(env);
  if (local.length === 0) throw new UsageError(NOTHING);
  const models = local.slice(0, 3).map((name) => `ollama:${name}`);
  return { options, panel: models.length > 1 ? models : [models[0], models[0]] };
}

/**
 * Returns the keys and addresses in the environment, by provider.
 * @param {Record<string, string | undefined>} env
 */
function keysIn(env) {
  /** @type {Map<string, { apiKey: string, baseURL?: string }>} */
  const found = new Map();
  for (const { name, base_url } of table) {
    const upper = name.toUpperCase();
    const key = [`${upper}_API_KEY`, ...(moreKeys[name] ?? [])].find((key) => env[key]);
    const baseURL = env[`${upper}_BASE_URL`];
    // A base URL with `{` has a placeholder, such as an account, that the user must fill in.
    if (!key || (base_url.includes("{") && !baseURL)) continue;
    found.set(name, { apiKey: /** @type {string} */ (env[key]), ...(baseURL && { baseURL }) });
  }
  return found;
}

/**
 * @param {Map<string, { apiKey: string, baseURL?: string }>} keyed
 * @param {string | undefined} baseURL of --base-url
 * @param {Record<string, string | undefined>} env
 */
function optionsFor(keyed, baseURL, env) {
  /** @type {any} */
  const options = { providers: {} };
  // Add providers that have an address in the environment. A server on this machine needs no key.
  for (const { name } of table) {
    const address = env[`${name.toUpperCase()}_BASE_URL`];
    if (address) options.providers[name] = { baseURL: address };
  }
  for (const [name, provider] of keyed) {
    // With `--base-url`, do not send OpenRouter's key to that server.
    if (name === "openrouter" && !baseURL) Object.assign(options, provider);
    options.providers[name] = provider;
  }
  if (baseURL) {
    options.baseURL = baseURL;
    if (env.LLM_FUSE_API_KEY) options.apiKey = env.LLM_FUSE_API_KEY;
  }
  const ollama = env.OLLAMA_HOST && ollamaAddress(env);
  if (ollama) options.providers.ollama = { baseURL: `${ollama}/v1` };
  return options;
}

/**
 * Throws a UsageError if `OLLAMA_HOST` is not an address and any role uses a model of Ollama.
 * @param {any} values
 * @param {Record<string, string | undefined>} env
 */
function refuseAddress({ models = [], analyst, writer }, env) {
  if (ollamaAddress(env) !== undefined) return;
  const isAsked = [...models, analyst, writer].some((name) => name?.startsWith("ollama:"));
  if (isAsked) throw new UsageError(`OLLAMA_HOST is no host, port or URL: ${env.OLLAMA_HOST}`);
}

/**
 * Returns a panel with the default model of each provider. If there is only one such model, the
 * panel has this model twice.
 * @param {string[]} names
 */
function panelOf(names) {
  const models = names.filter((name) => usualModels[name]);
  if (models.length === 0)
    throw new UsageError(
      `There is a key for ${names.join(", ")}. Name the models: ` +
        `--models ${names.map((name) => `${name}:MODEL`).join(",")}`,
    );
  const panel = models.map((name) => `${name}:${usualModels[name]}`);
  return panel.length > 1 ? panel : [panel[0], panel[0]];
}
