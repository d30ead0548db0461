// Who may call. With a key of the server's own somebody has to be asked; without one, the client's key is passed on and pays.

import { Refusal } from "./failure.js";

/** Throws while the handler is built, not when the bill comes. Gives `(request) => Promise<{ apiKey? }>`, which refuses strangers. */
export function access({ authorize, clientKeys, passThrough, apiKey, fetch, providers, toolHandlers }) {
  if (authorize !== undefined && typeof authorize !== "function") throw new TypeError("`authorize` must be a function");
  if (clientKeys !== undefined && !(Array.isArray(clientKeys) && clientKeys.length > 0 && clientKeys.every((key) => typeof key === "string" && key))) {
    throw new TypeError("`clientKeys` must be an array of at least one key; keys are strings that are not empty");
  }
  if (passThrough !== undefined && typeof passThrough !== "boolean") throw new TypeError("`passThrough` must be true or false");
  const guarded = Boolean(authorize || clientKeys);
  if (passThrough && guarded) throw new TypeError("`passThrough` has clients pay with their own keys: it goes without `clientKeys` and `authorize`");
  // A function may bring a key along, headers may be one, and a server without one is open to its own machine.
  const ownKey = apiKey != null || (fetch != null && !passThrough) || Object.keys(providers ?? {}).length > 0;
  if ((ownKey || toolHandlers != null) && !guarded) {
    const only = apiKey == null && fetch != null && toolHandlers == null && Object.keys(providers ?? {}).length === 0;
    const otherwise = only ? "; or `passThrough: true`, if `fetch` adds no key" : "";
    throw new TypeError(`the handler holds a key, providers, a \`fetch\` or tools of its own, which anybody who reaches it could use: give \`clientKeys\`, or \`authorize\`${otherwise}`);
  }
  // Values, not promises: on workerd a promise of one request must not be awaited by another.
  let digests;

  return {
    /** The key that providers see is the server's. */
    ownKey,
    /** It is the client's. */
    passesKeyOn: !guarded,
    async admit(request) {
      const key = keyOf(request);
      if (!guarded) return key === undefined ? {} : { apiKey: key };
      if (clientKeys) {
        digests ??= await Promise.all(clientKeys.map(digest));
        if (!key || !isOneOf(await digest(key), digests)) throw new Refusal("authentication", key ? "Invalid API key" : "Missing Authentication header");
      }
      if (authorize) {
        const answer = await authorize(request, key);
        if (answer instanceof Response) return { response: answer };
        if (answer !== true) throw new Refusal("authentication", "Not authorized");
      }
      return {};
    },
  };
}

/** As OpenAI's clients send it, or Anthropic's. */
function keyOf({ headers }) {
  const bearer = headers.get("authorization")?.match(/^bearer\s+(.+)$/i)?.[1].trim();
  return bearer || headers.get("x-api-key")?.trim() || undefined;
}

const digest = async (key) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));

/** Every digest is compared to its last byte, so that time tells nothing. */
function isOneOf(digest, digests) {
  let found = false;
  for (const other of digests) {
    let difference = 0;
    for (const [i, byte] of digest.entries()) difference |= byte ^ other[i];
    found = difference === 0 || found;
  }
  return found;
}
