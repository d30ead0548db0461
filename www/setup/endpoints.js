// Where calls go, and how a provider is asked for what costs nothing.
import { webAddress } from "../dom.js";

export const OPENROUTER = "https://openrouter.ai/api/v1";

// Those whose key or wire format is their own are called by llm-fuse's name for them.
const BUILT_IN = {
  "https://api.openai.com/v1": "openai",
  "https://api.anthropic.com/v1": "anthropic",
  "https://generativelanguage.googleapis.com/v1beta/openai": "google",
  "https://api.x.ai/v1": "xai",
};

/** What calls of these settings begin with, as one spelling. */
export const baseUrl = ({ provider, baseURL }) => (provider === "openrouter" ? OPENROUTER : baseURL.trim().replace(/\/+$/, ""));
export const builtInProvider = (settings) => (settings.provider === "custom" ? BUILT_IN[baseUrl(settings)] : undefined);
export const needsKey = (settings) => settings.provider === "openrouter" || builtInProvider(settings) !== undefined;
/** Whether whoever answers there can search the web by itself. */
export const hasHostedTools = (settings) => needsKey(settings) && builtInProvider(settings) !== "google";

/** Where calls of these settings go, and with them the key. */
export const endpointUrl = (settings) => webAddress(baseUrl(settings));

// Mirrors connect-src in index.html: saying it beforehand is kinder than a blocked call that looks like a dead network.
export const isReachable = ({ protocol, hostname, origin }) =>
  protocol === "https:" || hostname === "localhost" || hostname === "127.0.0.1" || origin === location.origin;

export function request(settings, key, path, signal) {
  const anthropic = builtInProvider(settings) === "anthropic";
  const headers = anthropic ? { "anthropic-version": "2023-06-01", "anthropic-dangerous-direct-browser-access": "true" } : {};
  if (key) Object.assign(headers, anthropic ? { "x-api-key": key } : { authorization: `Bearer ${key}` });
  return fetch(baseUrl(settings) + path, { headers, signal });
}
