// Authenticates clients. If the server has its own key, `clientKeys` or `authorize` decides who may
// call. Otherwise the handler forwards the client's key, and the client pays.

import { ApiError } from "./api-error.js";
import { isResponse } from "./authorize-response.js";

/**
 * @typedef {object} Auth
 * @property {boolean} ownKey whether providers get the server's key
 * @property {boolean} forwardsClientKey whether providers get the client's key
 * @property {(request: Request) => Promise<Admission>} authenticate throws if the client may not
 *   call
 *
 * @typedef {object} Admission
 * @property {string} [apiKey] of the client
 * @property {Response} [response] the answer of `authorize`
 * @property {string} [client] identifies the client: its key, or the `id` of `authorize`.
 *   `keepRuns` stores only a hash of this text
 */

/**
 * Checks the options when the handler is built.
 * @param {import("../handler.js").HandlerOptions} options
 * @returns {Auth}
 */
export function createAuth(options) {
  checkOptions(options);
  const { authorize, clientKeys } = options;
  const isGuarded = Boolean(authorize || clientKeys);
  // OpenRouter needs a key. Another server, or a custom `fetch`, may need none.
  const needsClientKey = options.baseURL == null && options.fetch == null;
  // The digests of `clientKeys`. Do not store their promise, because on workerd a request must not
  // await a promise of another request.
  /** @type {Uint8Array[] | undefined} */
  let digests;

  return {
    ownKey: hasOwnKey(options),
    forwardsClientKey: !isGuarded,
    async authenticate(request) {
      const key = keyOf(request);
      if (!isGuarded) {
        if (key !== undefined) return { apiKey: key, client: `key:${key}` };
        // Refuse a request without a key here. The core would refuse the request only after its
        // body has been read.
        if (needsClientKey) throw new ApiError("authentication", "Missing Authentication header");
        return {};
      }
      if (clientKeys) {
        digests ??= await Promise.all(clientKeys.map(digest));
        if (!key || !isOneOf(await digest(key), digests)) {
          const message = key ? "Invalid API key" : "Missing Authentication header";
          throw new ApiError("authentication", message);
        }
      }
      // Use the key as the client's id only if `clientKeys` has checked the key. Otherwise a client
      // could pretend to be another client.
      const own = clientKeys && key ? { client: `key:${key}` } : {};
      if (!authorize) return own;
      const answer = await authorize(request, key);
      if (isResponse(answer)) return { response: answer };
      if (answer === true) return own;
      const id = /** @type {any} */ (answer)?.id;
      if (typeof id === "string" && id) return { client: `id:${id}` };
      throw new ApiError("authentication", "Not authorized");
    },
  };
}

/** @param {import("../handler.js").HandlerOptions} options */
function checkOptions(options) {
  const { authorize, clientKeys, passThrough, apiKey, fetch, toolHandlers } = options;
  if (authorize !== undefined && typeof authorize !== "function") {
    throw new TypeError("`authorize` must be a function");
  }
  if (clientKeys !== undefined && !isKeyList(clientKeys)) {
    throw new TypeError(
      "`clientKeys` must be an array of at least one key; keys are strings that are not empty, " +
        "without spaces at the ends and without line breaks",
    );
  }
  if (passThrough !== undefined && typeof passThrough !== "boolean") {
    throw new TypeError("`passThrough` must be true or false");
  }
  if (authorize || clientKeys) {
    if (!passThrough) return;
    throw new TypeError(
      "`passThrough` has clients pay with their own keys: " +
        "it goes without `clientKeys` and `authorize`",
    );
  }
  if (!hasOwnKey(options) && toolHandlers == null) return;
  const hasFetchOnly =
    apiKey == null && fetch != null && toolHandlers == null && !hasProviders(options);
  const otherwise = hasFetchOnly ? "; or `passThrough: true`, if `fetch` adds no key" : "";
  throw new TypeError(
    "the handler holds a key, providers, a `fetch` or tools of its own, which anybody who " +
      `reaches it could use: give \`clientKeys\`, or \`authorize\`${otherwise}`,
  );
}

/** @param {unknown} keys */
const isKeyList = (keys) => Array.isArray(keys) && keys.length > 0 && Array.from(keys).every(isKey);

/**
 * Returns whether a header can contain the key. Runtimes remove spaces around a header's value.
 * @param {unknown} key
 */
const isKey = (key) =>
  typeof key === "string" && key !== "" && key === key.trim() && !/\p{Cc}/u.test(key);

/**
 * Returns whether a client's calls may cost the server money or reach its private servers. A
 * `fetch` may add a key, a provider's `headers` may contain a key, and a local provider needs no
 * key.
 * @param {import("../handler.js").HandlerOptions} options
 */
function hasOwnKey(options) {
  const { apiKey, fetch, passThrough } = options;
  return apiKey != null || (fetch != null && !passThrough) || hasProviders(options);
}

/** @param {import("../handler.js").HandlerOptions} options */
const hasProviders = ({ providers }) => Object.keys(providers ?? {}).length > 0;

/**
 * Returns the client's key, from the header that OpenAI's clients send or the header that
 * Anthropic's clients send.
 * @param {Request} request
 */
function keyOf({ headers }) {
  const bearer = headers
    .get("authorization")
    ?.match(/^bearer\s+(.+)$/i)?.[1]
    ?.trim();
  return bearer || headers.get("x-api-key")?.trim() || undefined;
}

/**
 * Returns the SHA-256 of a text, in hexadecimal.
 * @param {string} text
 */
export const sha256 = async (text) =>
  Array.from(await digest(text), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} key */
const digest = async (key) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));

/**
 * Compares in constant time: reads each digest to its last byte.
 * @param {Uint8Array} digest
 * @param {Uint8Array[]} digests
 */
function isOneOf(digest, digests) {
  let isFound = false;
  for (const other of digests) {
    let difference = 0;
    for (const [i, byte] of digest.entries()) difference |= byte ^ (other[i] ?? 0);
    isFound = difference === 0 || isFound;
  }
  return isFound;
}
