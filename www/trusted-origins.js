// The origins and providers that this person has sent questions to. An imported conversation can
// name other addresses. The page asks once before it sends anything to one of those.

// The stored name is older than the file's.
const STORAGE_KEY = "llm-fuse.places";
// Tool types such as "openrouter:web_search" begin with a provider's name too.
const BUILT_IN =
  /(?<!"type":)"(openrouter|openai|anthropic|google|xai|ollama|lmstudio|llamacpp)[:"]/g;

/** Returns where a run goes: the origin of its base URL and the providers that its models name. */
export function requestOrigins({ baseURL, providers = {}, fetch }, request) {
  if (fetch) return [];
  const { messages, prompt, ...fields } = request;
  const named = [...JSON.stringify(fields).matchAll(BUILT_IN)].map(([, name]) => name);
  return [...new Set([new URL(baseURL).origin, ...named.filter((name) => !providers[name])])];
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
