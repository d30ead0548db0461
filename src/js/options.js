// Splits options: functions and signals stay in JavaScript, the rest is data for the core.

import { cloneJson, define } from "./clone-json.js";

/**
 * @typedef {object} SplitOptions
 * @property {import("./transport.js").Fetch | undefined} fetch
 * @property {AbortSignal | undefined} signal
 * @property {((snapshot: any) => unknown) | undefined} onSnapshot
 * @property {Map<string, import("./transport.js").Fetch>} providerFetches
 * @property {Record<string, import("./index.js").ToolHandler>} toolHandlers
 * @property {any} data
 */

/**
 * Splits options. Throws a string that names a wrong option.
 * @param {any} options
 * @returns {SplitOptions}
 */
export function splitOptions(options) {
  options ??= {};
  if (typeof options !== "object") throw "`options` must be an object";
  const { fetch, signal, onSnapshot, providers, toolHandlers, ...rest } = options;
  checkFunction(fetch, "fetch");
  checkFunction(onSnapshot, "onSnapshot");
  if (signal != null && !isAbortSignal(signal)) throw "`signal` must be an AbortSignal";
  const data = cloneJson(rest, "", { functions: true });
  /** @type {Map<string, import("./transport.js").Fetch>} */
  const providerFetches = new Map();
  if (providers != null) data.providers = splitProviders(providers, providerFetches);
  if (toolHandlers != null) data.toolHandlers = toolNames(toolHandlers);
  const handlers = { ...toolHandlers };
  return { fetch, signal, onSnapshot, providerFetches, toolHandlers: handlers, data };
}

/**
 * Returns the data of the providers and adds their `fetch` functions to `fetches`.
 * @param {any} providers
 * @param {Map<string, import("./transport.js").Fetch>} fetches
 */
function splitProviders(providers, fetches) {
  if (typeof providers !== "object" || Array.isArray(providers)) {
    throw "`providers` must be an object";
  }
  const data = {};
  for (const [name, provider] of Object.entries(providers)) {
    const path = `providers.${name}`;
    if (provider == null || typeof provider !== "object") throw `\`${path}\` must be an object`;
    const { fetch, ...rest } = provider;
    checkFunction(fetch, `${path}.fetch`);
    if (fetch) fetches.set(name, (url, init) => fetch.call(provider, url, init));
    const fields = { ...rest, ...(fetch && { fetch: true }) };
    define(data, name, cloneJson(fields, path, { functions: true }));
  }
  return data;
}

/** @param {any} toolHandlers */
function toolNames(toolHandlers) {
  if (typeof toolHandlers !== "object" || Array.isArray(toolHandlers)) {
    throw "`toolHandlers` must be an object of functions";
  }
  for (const [name, handler] of Object.entries(toolHandlers)) {
    if (typeof handler !== "function") throw `\`toolHandlers.${name}\` must be a function`;
  }
  return Object.keys(toolHandlers);
}

/**
 * Returns the caller's `fetch` for a call, if there is one.
 * @param {SplitOptions} options
 * @param {string} [name] of a configured provider that has its own
 */
export function providerFetch({ fetch, providerFetches }, name) {
  return (name === undefined ? undefined : providerFetches.get(name)) ?? fetch;
}

/**
 * Returns the error of a request or options that could not be copied.
 * @param {unknown} thrown a string of {@link splitOptions} or `cloneJson`, or a getter's error
 */
export function inputError(thrown) {
  const unreadable = "the request or its options can't be read: a property throws";
  return { code: "invalid_request", message: typeof thrown === "string" ? thrown : unreadable };
}

/** @param {unknown} value @param {string} name */
function checkFunction(value, name) {
  if (value != null && typeof value !== "function") throw `\`${name}\` must be a function`;
}

/** @param {any} value */
const isAbortSignal = (value) =>
  typeof value.addEventListener === "function" && typeof value.aborted === "boolean";
