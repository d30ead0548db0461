// webFetch(): reads a page for a model, and marks its text as data. Reads only public hosts, unless
// the caller allows other hosts.

import { withTimeout } from "../timeout.js";
import { refusedHost, refusedResolved } from "./address.js";
import { charset, decode, discard, fetchChecked, isBinary, readBody, startsWith } from "./body.js";
import { toMarkdown } from "./html.js";
import { FUNCTION, TEXT, validateOptions } from "./options.js";
import { singleLine, truncate, wrap } from "./untrusted.js";

/** @typedef {{ url: URL, response: Response }} Fetched */

const MAX_REDIRECTS = 5;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
const ACCEPT = "text/markdown, text/html;q=0.9, text/plain;q=0.8, */*;q=0.1";
const TEXT_TYPES =
  /^text\/|[/+](json|xml|yaml|toml|javascript|ecmascript|ndjson|sql|markdown)$|\/x-(yaml|toml|ndjson|javascript|sh|tex|latex)$/;
/** html.js gives this reason if a page has more text than `max_chars`. */
const IS_LONG = "it is long";

const DEFAULTS = {
  fetch: undefined,
  allow: [],
  resolve: undefined,
  user_agent: undefined,
  timeout_ms: 15_000,
  max_bytes: 2_000_000,
  max_chars: 20_000,
};
/** @type {Record<string, import("./options.js").Rule>} */
const RULES = {
  fetch: FUNCTION,
  allow: {
    isValid: (value) =>
      typeof value === "function" ||
      (Array.isArray(value) && value.every((host) => typeof host === "string")),
    expected: "a function, or a list of hosts and origins",
  },
  resolve: {
    isValid: (value) => value === false || typeof value === "function",
    expected: "a function or false",
  },
  user_agent: TEXT,
};

/** @param {any} given @returns {import("./index.js").ReadyHandler<{ url: string }>} */
export function webFetch(given = {}) {
  const options = validateOptions("webFetch", given, DEFAULTS, RULES);
  return async (input, { signal } = {}) => {
    const url = parseUrl(input?.url);
    return withTimeout(options.timeout_ms, signal, `fetching ${redactUrl(url)}`, async (alive) =>
      readPage(await followRedirects(url, options, alive), options, alive),
    );
  };
}

/** @param {unknown} text @param {string} [base] */
function parseUrl(text, base) {
  if (typeof text !== "string" || !URL.canParse(text, base)) {
    const given = JSON.stringify(text)?.slice(0, 200);
    throw new Error(`${given} is no URL; a whole one is needed, with https:// in front`);
  }
  const url = new URL(text, base);
  url.hash = "";
  return url;
}

/**
 * Fetches a URL. Follows redirects manually, because each redirect may lead to a private host.
 * @param {URL} start
 * @param {any} options
 * @param {AbortSignal} signal
 * @returns {Promise<Fetched>}
 */
async function followRedirects(start, options, signal) {
  const fetch = options.fetch ?? globalThis.fetch;
  let url = start;
  for (let followed = 0; followed <= MAX_REDIRECTS; followed++) {
    await assertAllowed(url, options);
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
  // In a browser, send no cookies. Workers have no cookies, and old Workers refuse the field
  // `credentials`.
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
 * Throws unless a URL may be fetched.
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
 * Returns a DNS lookup function, or `undefined` in browsers (no DNS API) and Workers (which cannot
 * reach private addresses, so no check is needed).
 */
function systemResolver() {
  const { navigator, process } = /** @type {any} */ (globalThis);
  if (navigator?.userAgent === "Cloudflare-Workers") return undefined;
  const dns = process?.getBuiltinModule?.("node:dns");
  return dns && ((/** @type {string} */ hostname) => dns.promises.lookup(hostname, { all: true }));
}

/**
 * Reads the body of a page, if it is text.
 * @param {Fetched} fetched
 * @param {any} options
 * @param {AbortSignal} signal
 */
async function readPage({ url, response }, options, signal) {
  const contentType = response.headers.get("content-type") ?? "";
  /** @param {string} reason @returns {never} */
  const refuse = (reason) => {
    discard(response);
    throw new Error(`${redactUrl(url)} ${reason}`);
  };
  if (response.status < 200 || response.status > 299) refuse(`answered ${response.status}`);
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  const kind = kindOf(type);
  if (!kind) refuse(`is ${describeType(type)}, which this tool cannot read`);

  const body = await readBody(response, options.max_bytes, signal);
  if (startsWith(body.bytes, "%PDF-")) refuse("is a PDF, which this tool cannot read");
  if (isBinary(body.bytes) && !/^utf-?16/i.test(charset(contentType) ?? "")) {
    refuse("is a binary file, which this tool cannot read");
  }
  const text = decode(body, contentType);
  const looksLikeHtml = /^\s*<(!doctype html|html|head|body)\b/i.test(text);
  const page =
    kind === "html" || (kind === "any" && looksLikeHtml)
      ? toMarkdown(text, { url: url.href, max_chars: options.max_chars })
      : { title: "", text: text.replaceAll("\r\n", "\n").trim() };
  return formatPage(url, page, body, options);
}

/**
 * Returns `"html"`, `"text"`, or `"any"` if there is no content type. Returns `undefined` if the
 * type cannot be read as text.
 * @param {string} type
 */
function kindOf(type) {
  if (type === "") return "any";
  if (type === "text/html" || type === "application/xhtml+xml") return "html";
  if (/^(image|audio|video|font)\//.test(type)) return undefined;
  return TEXT_TYPES.test(type) ? "text" : undefined;
}

/** @type {Record<string, string>} */
const TYPE_NAMES = { image: "an image", audio: "a sound", video: "a video", font: "a font" };

/** @param {string} type */
function describeType(type) {
  const name = type === "application/pdf" ? "a PDF" : TYPE_NAMES[type.split("/")[0] ?? ""];
  const shown = singleLine(type, 100);
  return name ? `${name} (${shown})` : shown;
}

/**
 * Returns the tool's output.
 * @param {URL} url
 * @param {{ title: string, text: string, cut?: string | undefined }} page
 * @param {import("./body.js").Body} body
 * @param {any} options
 */
function formatPage(url, { title, text, cut }, { isCut, bytes }, { max_chars }) {
  const limits = [];
  if (text.length > max_chars || cut === IS_LONG) {
    limits.push(`these are its first ${max_chars.toLocaleString("en")} characters`);
  }
  if (isCut) limits.push(`only its first ${bytes.length.toLocaleString("en")} bytes were read`);
  if (cut && cut !== IS_LONG) limits.push(cut);
  const name = singleLine(title, 300);
  const head = [...(name ? [`Title: ${name}`] : []), `URL: ${url.href}`];
  let after = limits.length > 0 ? `The page goes on: ${limits.join("; ")}.` : "";
  if (text === "") after = "The page has no text; it may need JavaScript to show any.";
  const page = `${head.join("\n")}\n\n${truncate(text, max_chars)}`;
  return {
    content: wrap("page", "A web page", page, after),
    sources: [{ url: url.href, title: name }],
    summary: name || redactUrl(url),
  };
}

/**
 * Returns a URL for messages, without credentials and with limited length.
 * @param {URL} url
 */
function redactUrl({ href, username, password }) {
  const url = new URL(href);
  if (username || password) url.username = url.password = "";
  return singleLine(url.href, 500);
}
