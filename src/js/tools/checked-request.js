// Sends the requests of `webFetch`. Checks each URL, including the URLs of redirects.

import { refusedHost, refusedResolved } from "./address.js";
import { discard, fetchChecked } from "./body.js";
import { singleLine } from "./untrusted.js";

/** @typedef {{ url: URL, response: Response }} Fetched */

const MAX_REDIRECTS = 5;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
const ACCEPT = "text/markdown, text/html;q=0.9, text/plain;q=0.8, */*;q=0.1";

/** @param {unknown} text @param {string} [base] */
export function parseUrl(text, base) {
  if (typeof text !== "string" || !URL.canParse(text, base)) {
    const given = JSON.stringify(text)?.slice(0, 200);
    throw new Error(`${given} is no URL; a whole one is needed, with https:// in front`);
  }
  const url = new URL(text, base);
  url.hash = "";
  return url;
}

/**
 * Fetches a URL. Checks each redirect before it sends the next request, because a redirect may lead
 * to a private host.
 * @param {URL} start
 * @param {any} options
 * @param {AbortSignal} signal
 * @param {(url: URL) => Promise<void>} [check] throws if a URL may not be fetched
 * @returns {Promise<Fetched>}
 */
export async function followRedirects(start, options, signal, check) {
  const fetch = options.fetch ?? globalThis.fetch;
  let url = start;
  for (let followed = 0; followed <= MAX_REDIRECTS; followed++) {
    await assertAllowed(url, options);
    await check?.(url);
    signal.throwIfAborted();
    const response = await fetchChecked(fetch, url, toInit(options, signal));
    if (response.type === "opaqueredirect") {
      throw new Error(
        `${redactUrl(url)} is a redirect, and a browser hides its target, which cannot be checked`,
      );
    }
    if (response.redirected) {
      discard(response);
      throw new Error(`the given fetch has followed a redirect of ${redactUrl(url)} unchecked`);
    }
    const isRedirect = REDIRECT_STATUSES.includes(response.status);
    const location = isRedirect && response.headers.get("location");
    if (!location) return { url, response };
    discard(response);
    url = parseUrl(location, url.href);
  }
  throw new Error(`${redactUrl(start)} redirects more than ${MAX_REDIRECTS} times`);
}

/**
 * @param {any} options
 * @param {AbortSignal} signal
 * @returns {RequestInit & { signal: AbortSignal }}
 */
function toInit({ user_agent }, signal) {
  const headers = { accept: ACCEPT, ...(user_agent && { "user-agent": user_agent }) };
  // In a browser, send no cookies, even to the origin of the current page. Old versions of Workers
  // refuse the field `credentials`, so set it only if `Request` has it.
  const hasCredentials = "credentials" in Request.prototype;
  return {
    method: "GET",
    headers,
    redirect: "manual",
    signal,
    ...(hasCredentials ? { credentials: "omit" } : {}),
  };
}

/**
 * Throws if a URL must not be fetched.
 * @param {URL} url
 * @param {any} options
 */
async function assertAllowed(url, { allow, resolve = systemResolver() }) {
  /** @param {string} reason @returns {never} */
  const refuse = (reason) => {
    throw new Error(`${redactUrl(url)} may not be fetched: ${reason}`);
  };
  if (!/^https?:$/.test(url.protocol)) refuse("only http: and https: can be");
  if (url.username || url.password) refuse("it carries a name or a password");
  if (isAllowed(url, allow)) return;
  const refused = refusedHost(url.hostname);
  if (refused) refuse(`its host is ${refused}`);
  const isAddress = /^(\[.*|[\d.]+)$/.test(url.hostname);
  if (!resolve || isAddress) return;
  let addresses = [];
  try {
    addresses = await resolve(url.hostname);
  } catch (/** @type {any} */ error) {
    refuse(`its host has no address (${error?.code ?? error?.message ?? error})`);
  }
  if (addresses.length === 0) refuse("its host has no address");
  for (const item of addresses) {
    const refusedAddress = refusedResolved(item.address ?? item);
    if (refusedAddress) refuse(`its host has ${refusedAddress}`);
  }
}

/** @param {URL} url @param {string[] | ((url: URL) => boolean)} allow */
function isAllowed(url, allow) {
  if (typeof allow === "function") return Boolean(allow(new URL(url)));
  return allow.some((host) => {
    const name = host.toLowerCase().replace(/\/$/, "");
    return [url.hostname, url.host, url.origin].includes(name);
  });
}

/**
 * Returns a DNS lookup function. Returns `undefined` in browsers, which have no DNS API, and in
 * Workers, which cannot reach private addresses.
 */
function systemResolver() {
  const { navigator, process } = /** @type {any} */ (globalThis);
  if (navigator?.userAgent === "Cloudflare-Workers") return undefined;
  const dns = process?.getBuiltinModule?.("node:dns");
  return dns && ((/** @type {string} */ hostname) => dns.promises.lookup(hostname, { all: true }));
}

/**
 * Returns a URL for messages, without credentials and with limited length.
 * @param {URL} url
 */
export function redactUrl({ href, username, password }) {
  const url = new URL(href);
  if (username || password) url.username = url.password = "";
  return singleLine(url.href, 500);
}
