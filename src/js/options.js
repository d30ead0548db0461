// Separates options into two parts. Functions and signals stay in JavaScript. The rest is plain
// data, which the core gets.

import { detached } from "./caller-fetch.js";
import { cloneJson, define } from "./clone-json.js";

/**
 * The functions of the caller that return keys. The name in the map is the path of the option:
 * `apiKey` or `providers.mine.apiKey`.
 * @typedef {Map<string, () => unknown>} KeyFunctions
 */

/**
 * @typedef {object} SplitOptions
 * @property {import("./transport.js").Fetch | undefined} fetch
 * @property {number | undefined} flushMs
 * @property {AbortSignal | undefined} signal
 * @property {((snapshot: any) => unknown) | undefined} onSnapshot
 * @property {import("./index.js").ShouldEscalate | undefined} shouldEscalate
 * @property {Map<string, import("./transport.js").Fetch>} providerFetches
 * @property {KeyFunctions} keyFunctions
 * @property {Record<string, import("./index.js").ToolHandler>} toolHandlers
 * @property {any} data
 */

/** Options that are not plain data, or contain a value that is not plain data. */
const LIVE_OPTIONS = [
  "apiKey",
  "fetch",
  "onSnapshot",
  "providers",
  "shouldEscalate",
  "signal",
  "toolHandlers",
];

/** The largest `flush_ms`. A larger value would delay events without saving CPU time. */
const MAX_FLUSH_MS = 1000;

/**
 * Copies a request. If the request contains an option of `fuse()` that is not plain data, such as
 * `signal`, throws a string that names the option. Other options are copied, and the core then
 * refuses them.
 * @param {any} request
 */
export function cloneRequest(request) {
  const isObject = typeof request === "object" && request !== null;
  const option = LIVE_OPTIONS.find((name) => isObject && request[name] != null);
  if (option !== undefined) {
    const place = `the second argument: \`fuse(request, { ${option} })\``;
    throw `\`${option}\` belongs in the options, ${place}`;
  }
  return cloneJson(request, "");
}

/**
 * Separates functions and signals from the other options, which are plain data. Throws a string
 * that names a wrong option.
 * @param {any} options
 * @returns {SplitOptions}
 */
export function splitOptions(options) {
  options ??= {};
  if (typeof options !== "object") throw "`options` must be an object";
  const {
    apiKey,
    fetch,
    flush_ms,
    signal,
    onSnapshot,
    providers,
    shouldEscalate,
    toolHandlers,
    ...rest
  } = options;
  checkFunction(fetch, "fetch");
  checkFunction(onSnapshot, "onSnapshot");
  checkFunction(shouldEscalate, "shouldEscalate");
  const flushMs = flush_ms ?? undefined;
  const isTime = typeof flushMs === "number" && flushMs >= 0 && flushMs <= MAX_FLUSH_MS;
  if (flushMs !== undefined && !isTime) {
    throw `\`flush_ms\` must be a number from 0 to ${MAX_FLUSH_MS}`;
  }
  if (signal != null && !isAbortSignal(signal)) throw "`signal` must be an AbortSignal";
  const data = cloneJson(rest, "", { functions: true });
  /** @type {Map<string, import("./transport.js").Fetch>} */
  const providerFetches = new Map();
  /** @type {KeyFunctions} */
  const keyFunctions = new Map();
  if (apiKey !== undefined) data.apiKey = splitKey(apiKey, "apiKey", options, keyFunctions);
  if (providers != null) {
    data.providers = splitProviders(providers, providerFetches, keyFunctions);
  }
  if (shouldEscalate != null) data.shouldEscalate = true;
  if (toolHandlers != null) data.toolHandlers = toolNames(toolHandlers);
  const handlers = { ...toolHandlers };
  const own = { onSnapshot, shouldEscalate: shouldEscalate ?? undefined, flushMs };
  const functions = { ...own, providerFetches, keyFunctions, toolHandlers: handlers };
  return { fetch: fetch ? detached(fetch, options) : undefined, ...functions, signal, data };
}

/**
 * Returns the plain data of the providers. Adds their `fetch` functions to `fetches`, and their
 * `apiKey` functions to `keyFunctions`.
 * @param {any} providers
 * @param {Map<string, import("./transport.js").Fetch>} fetches
 * @param {KeyFunctions} keyFunctions
 */
function splitProviders(providers, fetches, keyFunctions) {
  if (typeof providers !== "object" || Array.isArray(providers)) {
    throw "`providers` must be an object";
  }
  const data = {};
  for (const [name, provider] of Object.entries(providers)) {
    const path = `providers.${name}`;
    if (provider == null || typeof provider !== "object") throw `\`${path}\` must be an object`;
    const { apiKey, fetch, ...rest } = provider;
    checkFunction(fetch, `${path}.fetch`);
    if (fetch) fetches.set(name, detached(fetch, provider));
    const key = splitKey(apiKey, `${path}.apiKey`, provider, keyFunctions);
    const fields = { ...rest, apiKey: key, ...(fetch && { fetch: true }) };
    define(data, name, cloneJson(fields, path, { functions: true }));
  }
  return data;
}

/**
 * Returns an `apiKey` as plain data. If the key is a function, returns `true` and adds the function
 * to `keyFunctions`.
 * @param {any} apiKey
 * @param {string} path
 * @param {object} owner
 * @param {KeyFunctions} keyFunctions
 */
function splitKey(apiKey, path, owner, keyFunctions) {
  if (typeof apiKey === "function") {
    keyFunctions.set(path, () => apiKey.call(owner));
    return true;
  }
  if (apiKey === true) throw `\`${path}\` must be a string or a function`;
  return cloneJson(apiKey, path);
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
 * Returns the `fetch` of the provider that a call uses, or the `fetch` of the options. Returns
 * `undefined` if there is neither.
 * @param {SplitOptions} options
 * @param {string} [name] the name of a configured provider that has its own `fetch`
 */
export function providerFetch({ fetch, providerFetches }, name) {
  return (name === undefined ? undefined : providerFetches.get(name)) ?? fetch;
}

/**
 * Returns the key for one call from the caller's function. If the function throws or rejects,
 * resolves with `undefined`. The function's error is dropped, because it may contain a secret.
 * @param {SplitOptions | undefined} options
 * @param {string} field the option that holds the function
 */
export async function keyOf(options, field) {
  try {
    return await options?.keyFunctions.get(field)?.();
  } catch {
    return undefined;
  }
}

/**
 * Returns the error for a request or for options that could not be copied.
 * @param {unknown} thrown a string that {@link splitOptions} or `cloneJson` has thrown, or the
 *   error of a getter
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
