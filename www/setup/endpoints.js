// Returns the URL of the chosen provider. Sends requests to the provider that cost nothing.
import providers from "../../src/data/providers.json" with { type: "json" };
import { webAddress } from "../dom.js";
import { BROWSER_URL } from "./browser-model.js";

const OPENROUTER_NAME = "openrouter";
export const OPENROUTER = providers.find(({ name }) => name === OPENROUTER_NAME).base_url;

/**
 * Names of the built-in providers of llm-fuse that have their own authentication or wire format, by
 * base URL. The page treats all other providers as servers with Chat Completions.
 */
const BUILT_IN = Object.fromEntries(
  providers
    .filter(({ name, vendor, needs_entry }) => vendor && !needs_entry && name !== OPENROUTER_NAME)
    .map(({ name, base_url }) => [base_url, name]),
);

const FIXED = { openrouter: OPENROUTER, browser: BROWSER_URL };

/** Returns the base URL of the settings without a trailing slash. */
export const baseUrl = ({ provider, baseURL }) =>
  Object.hasOwn(FIXED, provider) ? FIXED[provider] : baseURL.trim().replace(/\/+$/, "");

/** Returns the name of the built-in provider, or undefined. */
export const builtInProvider = (settings) =>
  settings.provider === "custom" ? BUILT_IN[baseUrl(settings)] : undefined;

export const needsKey = (settings) =>
  settings.provider === "openrouter" || builtInProvider(settings) !== undefined;

/** Returns whether the provider hosts web search, so that its models can use it. */
export const hasHostedTools = (settings) =>
  needsKey(settings) && builtInProvider(settings) !== "google";

/** Returns the URL to which requests and the key are sent, or null. */
export const endpointUrl = (settings) => webAddress(baseUrl(settings));

/**
 * Returns whether the page's policy (connect-src in index.html) allows requests to the URL. The
 * page checks this first, because a blocked request looks like a missing connection.
 */
export const isReachable = ({ protocol, hostname, origin }) =>
  protocol === "https:" ||
  hostname === "localhost" ||
  hostname === "127.0.0.1" ||
  origin === location.origin;

/** Sends a GET request to the provider. */
export function request(settings, key, path, signal) {
  const isAnthropic = builtInProvider(settings) === "anthropic";
  const headers = isAnthropic
    ? { "anthropic-version": "2023-06-01", "anthropic-dangerous-direct-browser-access": "true" }
    : {};
  if (key && isAnthropic) headers["x-api-key"] = key;
  else if (key) headers.authorization = `Bearer ${key}`;
  return fetch(baseUrl(settings) + path, { headers, signal });
}
