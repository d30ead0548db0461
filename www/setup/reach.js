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
export const base = ({ provider, baseURL }) => (provider === "openrouter" ? OPENROUTER : baseURL.trim().replace(/\/+$/, ""));
export const builtIn = (settings) => (settings.provider === "custom" ? BUILT_IN[base(settings)] : undefined);
export const needsKey = (settings) => settings.provider === "openrouter" || builtIn(settings) !== undefined;
/** Whether whoever answers there can search the web by itself. */
export const hostsTools = (settings) => needsKey(settings) && builtIn(settings) !== "google";

/** Where calls of these settings go, and with them the key. */
export const destination = (settings) => webAddress(base(settings));

// Mirrors connect-src in index.html: saying it beforehand is kinder than a blocked call that looks like a dead network.
export const reachable = ({ protocol, hostname, origin }) =>
  protocol === "https:" || hostname === "localhost" || hostname === "127.0.0.1" || origin === location.origin;

export function get(settings, key, path, signal) {
  const anthropic = builtIn(settings) === "anthropic";
  const headers = anthropic ? { "anthropic-version": "2023-06-01", "anthropic-dangerous-direct-browser-access": "true" } : {};
  if (key) Object.assign(headers, anthropic ? { "x-api-key": key } : { authorization: `Bearer ${key}` });
  return fetch(base(settings) + path, { headers, signal });
}
