// Limits the providers that a client may name: the default one and those in `providers`. Other
// built-in providers are refused, because some of them are servers on this machine.

import { ApiError } from "./api-error.js";

/** The built-in providers of src/provider/registry.rs. */
export const BUILT_IN = [
  "openrouter",
  "openai",
  "anthropic",
  "google",
  "xai",
  "ollama",
  "lmstudio",
  "llamacpp",
];

/** @typedef {(path: string, model: any) => void} CheckModel */

/**
 * Returns a function that throws if a model or a panel member names another provider.
 * @param {import("../handler.js").HandlerOptions} options
 * @returns {CheckModel}
 */
export function createModelCheck({ providers }) {
  const configured = Object.keys(providers ?? {});

  /** @param {string} path @param {unknown} name */
  const checkProvider = (path, name) => {
    if (typeof name !== "string" || configured.includes(name)) return;
    const message = `\`${path}\` names the provider \`${name}\`, which is not served here`;
    throw new ApiError("invalid_model", message);
  };
  /** @param {string} path @param {unknown} model */
  const checkPrefix = (path, model) => {
    const [prefix = "", rest] = typeof model === "string" ? model.trim().split(":", 2) : [];
    if (rest !== undefined && BUILT_IN.includes(prefix)) checkProvider(path, prefix);
  };

  return function checkModel(path, model) {
    if (typeof model !== "object" || model === null) return checkPrefix(path, model);
    checkProvider(`${path}.provider`, model.provider);
    checkPrefix(`${path}.model`, model.model);
    if (!Array.isArray(model.fallbacks)) return;
    for (const [i, fallback] of model.fallbacks.entries()) {
      checkPrefix(`${path}.fallbacks[${i}]`, fallback);
    }
  };
}
