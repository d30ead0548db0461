// The origins and providers that this person has sent questions to. An imported conversation can
// name other addresses. The page asks once before it sends anything to one of those.

import { estimate } from "llm-fuse/url";
import { emptyModelList } from "./estimate.js";

// The stored name is older than the file's.
const STORAGE_KEY = "llm-fuse.places";

/**
 * Returns where a run goes: the origin of its base URL and the providers that its models name. The
 * core reads the models' names, as it does in the run.
 */
export async function requestOrigins({ options, request }) {
  if (options.fetch) return [];
  const { origin } = new URL(options.baseURL);
  const planned = await estimate(request, { ...options, fetch: emptyModelList }).catch(() => {
    // A run of the same request is refused too.
    return { providers: [] };
  });
  const others = planned.providers
    .filter(({ name }) => !Object.hasOwn(options.providers ?? {}, name))
    .filter(({ base_url }) => new URL(base_url).origin !== origin)
    .map(({ name }) => name);
  return [origin, ...others];
}

/** Returns options with which the core refuses every provider that is not in `origins`. */
export function limitedTo(origins, options) {
  if (options.fetch) return options;
  const allowed = [...origins, ...Object.keys(options.providers ?? {})];
  return { ...options, clientProviders: { allowed } };
}

/**
 * @param current the origin in the settings
 * @param ask `(origins)` resolves with whether the person agrees
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
    // Storage is off: the page asks again after a reload.
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
