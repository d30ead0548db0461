// Options: functions and signals stay here, the rest is data for the core.

import { plain } from "./plain.js";

/** `{ fetch, signal, onSnapshot, fetches, toolHandlers, data }`. Throws a sentence that names what is wrong. */
export function separate(options) {
  options ??= {};
  if (typeof options !== "object") throw "`options` must be an object";
  const { fetch, signal, onSnapshot, providers, toolHandlers, ...rest } = options;
  isFunction(fetch, "fetch");
  isFunction(onSnapshot, "onSnapshot");
  if (signal != null && !(typeof signal.addEventListener === "function" && typeof signal.aborted === "boolean")) {
    throw "`signal` must be an AbortSignal";
  }
  const fetches = new Map();
  const data = plain(rest, "", { functions: true });
  if (providers != null) {
    if (typeof providers !== "object" || Array.isArray(providers)) throw "`providers` must be an object";
    data.providers = {};
    for (const [name, provider] of Object.entries(providers)) {
      if (provider == null || typeof provider !== "object") throw `\`providers.${name}\` must be an object`;
      const { fetch, ...told } = provider;
      isFunction(fetch, `providers.${name}.fetch`);
      if (fetch) fetches.set(name, (url, init) => fetch.call(provider, url, init));
      const field = plain({ ...told, ...(fetch && { fetch: true }) }, `providers.${name}`, { functions: true });
      Object.defineProperty(data.providers, name, { value: field, enumerable: true });
    }
  }
  if (toolHandlers != null) {
    if (typeof toolHandlers !== "object" || Array.isArray(toolHandlers)) throw "`toolHandlers` must be an object of functions";
    for (const [name, handler] of Object.entries(toolHandlers)) {
      if (typeof handler !== "function") throw `\`toolHandlers.${name}\` must be a function`;
    }
    data.toolHandlers = Object.keys(toolHandlers);
  }
  return { fetch, signal, onSnapshot, fetches, toolHandlers: { ...toolHandlers }, data };
}

/** The caller's `fetch`, if there is one. @param name the configured provider that has its own, or nothing. */
export function fetchOf({ fetch, fetches }, name) {
  return fetches.get(name) ?? fetch;
}

function isFunction(value, name) {
  if (value != null && typeof value !== "function") throw `\`${name}\` must be a function`;
}
