// Stores the origins and providers to which this user has sent questions. An imported conversation
// may name other origins. Before the page first sends something to an unknown origin, the page asks
// the user.

import { estimate } from "llm-fuse/url";
import { emptyModelList } from "./estimate.js";

// Do not rename the key: stored data uses this name.
const STORAGE_KEY = "llm-fuse.places";

/**
 * Returns the destinations of a run: the origin of its base URL, and the providers that its models
 * name. The core finds these providers in the same way as in a run.
 */
export async function requestOrigins({ options, request }) {
  if (options.fetch) return [];
  const { origin } = new URL(options.baseURL);
  const planned = await estimate(request, { ...options, fetch: emptyModelList }).catch(() => {
    // The core would refuse a run with this request, too.
    return { providers: [] };
  });
  const others = planned.providers
    .filter(({ name }) => !Object.hasOwn(options.providers ?? {}, name))
    .filter(({ base_url }) => new URL(base_url).origin !== origin)
    .map(({ name }) => name);
  return [origin, ...others];
}

/** Returns options that allow only the providers in `origins`. The core refuses all others. */
export function limitedTo(origins, options) {
  if (options.fetch) return options;
  const allowed = [...origins, ...Object.keys(options.providers ?? {})];
  return { ...options, clientProviders: { allowed } };
}

/**
 * @param current the origin in the settings
 * @param ask `(origins)` resolves to whether the person agrees
 * @returns whether a run may be sent to these origins
 */
export async function confirmOrigins(origins, current, ask) {
  const unknown = origins.filter((origin) => origin !== current && !trusted.has(origin));
  if (unknown.length > 0 && !(await ask(unknown))) return false;
  trustOrigins(origins);
  return true;
}

export function trustOrigins(origins) {
  if (origins.every((origin) => trusted.has(origin))) return;
  for (const origin of origins) trusted.add(origin);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify([...trusted]));
  } catch {
    // Storage is off, so the page asks again after a reload.
  }
}

const trusted = new Set(readStored());

function readStored() {
  try {
    const origins = JSON.parse(localStorage.getItem(STORAGE_KEY));
    return Array.isArray(origins) ? origins : [];
  } catch {
    return [];
  }
}
