// Follows redirects without sending credentials to another origin. If a redirect leads to another
// origin, the `fetch` of a browser removes `authorization`. It does not remove Anthropic's
// `x-api-key` or a caller's own header. The `fetch` of workerd removes no header.

const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
/** The same limit as in browsers. */
const MAX_REDIRECTS = 20;
/**
 * Headers that are safe if the runtime follows redirects itself. The runtime removes
 * `authorization`, and the other headers contain no credentials.
 */
const SAFE_HEADERS = [
  "content-type",
  "authorization",
  "anthropic-version",
  "anthropic-dangerous-direct-browser-access",
];

/**
 * Calls the global `fetch`. If any header could be sent to another origin with a credential,
 * follows redirects manually. Reads the global for each call, because pages and tests replace it.
 * @type {import("./transport.js").Fetch}
 */
export function fetchWithoutLeakingCredentials(url, init) {
  const isSafe = [...init.headers.keys()].every((name) => SAFE_HEADERS.includes(name));
  return isSafe ? globalThis.fetch(url, init) : fetchWithManualRedirects(url, init);
}

/**
 * Follows the redirects of a GET or a POST request as the Fetch standard says:
 * <https://fetch.spec.whatwg.org/#http-redirect-fetch>. Before a redirect to another origin,
 * removes credentials.
 * @param {string} url
 * @param {any} init
 */
export async function fetchWithManualRedirects(url, init) {
  for (let followed = 0; followed <= MAX_REDIRECTS; followed++) {
    const response = await globalThis.fetch(url, { ...init, redirect: "manual" });
    if (response.type === "opaqueredirect") {
      throw new TypeError(
        "redirected to a URL that the browser hides, so the request was not repeated there",
      );
    }
    const isRedirect = REDIRECT_STATUSES.includes(response.status);
    const location = isRedirect && response.headers.get("location");
    if (!location) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol)) {
      throw new TypeError(`redirected to ${next.protocol}, which is not http: or https:`);
    }
    const headers = new Headers(init.headers);
    if (next.origin !== new URL(url).origin) removeCredentials(headers);
    const becomesGet = init.method === "POST" && response.status < 307;
    if (becomesGet) headers.delete("content-type");
    const { body, ...withoutBody } = init;
    init = becomesGet ? { ...withoutBody, method: "GET", headers } : { ...init, headers };
    url = next.href;
  }
  throw new TypeError("too many redirects");
}

/**
 * Removes all headers except the content type, because any header may hold a key.
 * @param {Headers} headers
 */
function removeCredentials(headers) {
  for (const name of [...headers.keys()]) if (name !== "content-type") headers.delete(name);
}
