// Where this person's questions go by their own choice. A conversation that came from elsewhere brings addresses of its own: nothing is sent to
// those before the person has said so, once for each.
const SLOT = "llm-fuse.places";
// Not those of tools, whose types begin so too.
const BUILT_IN = /(?<!"type":)"(openrouter|openai|anthropic|google|xai|ollama|lmstudio|llamacpp)[:"]/g;

/** Where a run would go: the origin of its base URL, and the names of other providers that its models name. */
export function requestOrigins({ baseURL, providers = {}, fetch }, { messages, prompt, ...request }) {
  if (fetch) return [];
  const named = [...JSON.stringify(request).matchAll(BUILT_IN)].map(([, name]) => name).filter((name) => !providers[name]);
  return [...new Set([new URL(baseURL).origin, ...named])];
}

/** @param chosen the origin that is chosen now
 *  @param ask `(places) => promise` of whether the person agrees
 *  @returns whether a run may go there */
export async function confirmOrigins(places, chosen, ask) {
  const strange = places.filter((place) => place !== chosen && !known.has(place));
  if (strange.length > 0 && !(await ask(strange))) return false;
  trustOrigins(places);
  return true;
}

export function trustOrigins(places) {
  if (places.every((place) => known.has(place))) return;
  for (const place of places) known.add(place);
  try {
    localStorage.setItem(SLOT, JSON.stringify([...known]));
  } catch {
    // Storage is off: it is asked again after a reload.
  }
}

const known = new Set(stored());

function stored() {
  try {
    const places = JSON.parse(localStorage.getItem(SLOT));
    return Array.isArray(places) ? places : [];
  } catch {
    return [];
  }
}
