// Creates a `web_search` handler from the adapter of one search service. The handler returns
// results as text and marks the text as data.

import { withTimeout } from "../timeout.js";
import { discard, fetchChecked, readBody } from "./body.js";
import { decode } from "./charset.js";
import { toDate } from "./metadata.js";
import { FUNCTION, TEXT, validateOptions } from "./options.js";
import { decodeHTMLStrict } from "./parser.js";
import { singleLine, wrap } from "./untrusted.js";

/**
 * The parameters of one search.
 * @typedef {{ query: string, count: number, apiKey?: string, parameters: any }} Search
 *
 * A result. Its texts may contain HTML.
 * @typedef {{ url?: unknown, title?: unknown, text?: unknown, date?: unknown }} Result
 *
 * @typedef {object} Adapter
 * @property {string} tool
 * @property {string} name of the provider
 * @property {string} [baseURL]
 * @property {boolean} [keyless]
 * @property {number} maxResults
 * @property {number} maxQueryChars
 * @property {(search: Search) => {
 *   path: string,
 *   search?: Record<string, unknown>,
 *   headers?: any,
 *   body?: unknown,
 * }} request
 * @property {(answer: any) => unknown} list returns the array of results in an answer
 * @property {(result: any) => Result} toResult
 * @property {(status: number, answer: any) => { reason?: string | undefined, message?: unknown }}
 *   refusal explains a status other than 200
 */

const MAX_BYTES = 2_000_000;
const MAX_TITLE_CHARS = 300;
const MAX_DATE_CHARS = 40;
const MAX_SNIPPET_CHARS = 2000;
const MAX_MESSAGE_CHARS = 300;
/**
 * Minimum length of a text by which copies are found. If two results have the same title and the
 * same text of at least this length, the second result is a copy.
 */
const MIN_COPY_CHARS = 80;
/** Maximum delay before a retry that an error message contains, in seconds. */
const MAX_WAIT_S = 100_000;

const DEFAULTS = { parameters: {}, count: 5, fetch: undefined, timeout_ms: 15_000 };
/** @type {Record<string, import("./options.js").Rule>} */
const RULES = {
  apiKey: { isValid: (value) => TEXT.isValid(value) && value !== "", expected: "a key" },
  baseURL: {
    isValid: (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    expected: "an http: or https: URL",
  },
  parameters: {
    isValid: (value) => value !== null && typeof value === "object" && !Array.isArray(value),
    expected: "an object",
  },
  fetch: FUNCTION,
};

export const BAD_KEY = "does not accept the key";
export const NO_CREDIT = "has no credit left";
/** @type {Record<number, string>} */
const STATUS_REASONS = { 401: BAD_KEY, 402: NO_CREDIT, 403: BAD_KEY, 429: "is asked too often" };

/**
 * @param {Adapter} adapter
 * @param {any} given options of the caller
 * @returns {import("./index.js").SearchHandler}
 */
export function createSearch(adapter, given = {}) {
  const { tool, name, baseURL, keyless, maxResults, maxQueryChars } = adapter;
  const defaults = { ...(keyless ? {} : { apiKey: undefined }), baseURL, ...DEFAULTS };
  const options = validateOptions(tool, given, defaults, RULES);
  if (!options.baseURL) throw new TypeError(`${tool}: \`baseURL\` is needed`);
  // If the caller sets a base URL, no key is needed, because a proxy at this URL may add the key.
  if (!keyless && !options.apiKey && options.baseURL === baseURL) {
    throw new TypeError(`${tool}: \`apiKey\` is needed`);
  }

  return async (input, { signal } = {}) => {
    const query = typeof input?.query === "string" ? singleLine(input.query, maxQueryChars) : "";
    if (!query) throw new Error("a search needs a `query`, in words");
    const wanted = Math.trunc(Number(input.count)) || options.count;
    const count = Math.min(Math.max(wanted, 1), maxResults);
    const { apiKey, parameters, timeout_ms } = options;
    const search = { query, count, apiKey, parameters };
    const results = await withTimeout(timeout_ms, signal, `a search with ${name}`, (alive) =>
      fetchResults(adapter, options, search, alive),
    );
    return formatResults(results, search);
  };
}

/**
 * @param {Adapter} adapter
 * @param {any} options
 * @param {Search} search
 * @param {AbortSignal} signal
 * @returns {Promise<Result[]>}
 */
async function fetchResults(adapter, options, search, signal) {
  const response = await request(adapter, options, search, signal);
  const isRedirect = response.status >= 300 && response.status <= 399;
  if (response.type === "opaqueredirect" || isRedirect) {
    discard(response);
    throw new Error(
      `${adapter.name} answers with a redirect, which is not followed: ` +
        "`baseURL` must be where it leads",
    );
  }
  const body = await readBody(response, MAX_BYTES, signal);
  const answer = parseJson(decode(body, ""));
  if (response.status !== 200) {
    throw new Error(refusalMessage(adapter, response, answer, options.apiKey));
  }
  if (body.isCut) {
    throw new Error(`${adapter.name} sent more than ${MAX_BYTES.toLocaleString("en")} bytes`);
  }
  const list = adapter.list(answer);
  if (!Array.isArray(list)) {
    throw new Error(`${adapter.name} sent something that is no list of results`);
  }
  return list
    .filter((result) => result !== null && typeof result === "object")
    .map(adapter.toResult);
}

/**
 * @param {Adapter} adapter
 * @param {any} options
 * @param {Search} search
 * @param {AbortSignal} signal
 */
function request(adapter, options, search, signal) {
  const { path, search: fields = {}, headers, body } = adapter.request(search);
  const url = new URL(options.baseURL.replace(/\/*$/, path));
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined) url.searchParams.set(field, String(value));
  }
  return fetchChecked(options.fetch ?? globalThis.fetch, url, {
    method: body ? "POST" : "GET",
    headers: {
      accept: "application/json",
      ...(body ? { "content-type": "application/json" } : {}),
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    // A redirect could send the key to another host.
    redirect: "manual",
    signal,
  });
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns the error message of a refused search. Removes the key, because some providers quote it.
 * @param {Adapter} adapter
 * @param {Response} response
 * @param {any} answer
 * @param {string | undefined} apiKey
 */
function refusalMessage(adapter, { status, headers }, answer, apiKey) {
  const { reason, message } = adapter.refusal(status, answer);
  const fallback = status >= 500 ? "has failed" : "has refused the search";
  const wait = status === 429 || status === 503 ? waitSeconds(headers) : undefined;
  const again = wait === undefined ? "" : `, try again after ${wait} s`;
  const why = reason ?? STATUS_REASONS[status] ?? fallback;
  const what = `${adapter.name} ${why} (${status})${again}`;
  if (typeof message !== "string") return what;
  const safe = apiKey ? message.replaceAll(apiKey, "…") : message;
  return `${what}: ${singleLine(safe, MAX_MESSAGE_CHARS)}`;
}

/**
 * Returns the seconds until the service accepts another request. The value comes from
 * `Retry-After`, or from the reset time of an exhausted rate limit. Brave lists several limits:
 * `X-RateLimit-Remaining: 0, 1500` and `X-RateLimit-Reset: 1, 86400`.
 * @param {Headers} headers
 */
function waitSeconds(headers) {
  const after = headers.get("retry-after")?.trim() ?? "";
  const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - Date.now()) / 1000;
  const numbers = (/** @type {string} */ name) => headers.get(name)?.split(",").map(Number) ?? [];
  const remaining = numbers("x-ratelimit-remaining");
  const resets = numbers("x-ratelimit-reset");
  const used = resets.filter((_, i) => remaining[i] === 0);
  const wait = Math.ceil(Number.isNaN(seconds) ? Math.max(...used) : seconds);
  return wait >= 0 && wait <= MAX_WAIT_S ? wait : undefined;
}

/** Tracking parameters of a URL. They do not change the page. */
const TRACKING = /^(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|igshid)$/;

/**
 * Returns a result's URL, and a key that is equal for URLs of the same page. The key lacks the
 * scheme, `www.`, tracking parameters and a slash at the end.
 * @param {unknown} given
 */
function parseResultUrl(given) {
  const url = typeof given === "string" && URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  url.hash = "";
  const { href } = url;
  for (const name of [...url.searchParams.keys()]) {
    if (TRACKING.test(name)) url.searchParams.delete(name);
  }
  const host = url.host.replace(/^www\./, "");
  return { href, key: host + url.pathname.replace(/\/$/, "") + url.search };
}

/**
 * Returns the first `count` results of different pages. A result with the same text at another URL
 * is a copy, and is left out.
 * @param {Result[]} results
 * @param {number} count
 */
function chooseResults(results, count) {
  /** @type {{ url: string, title: string, text: string, date: string }[]} */
  const chosen = [];
  const seen = new Set();
  for (const result of results) {
    if (chosen.length === count) break;
    const url = parseResultUrl(result.url);
    if (!url || seen.has(url.key)) continue;
    const title = toText(result.title, MAX_TITLE_CHARS);
    const text = toText(result.text, MAX_SNIPPET_CHARS);
    const copy = text.length >= MIN_COPY_CHARS ? `${title}\n${text}` : undefined;
    if (copy !== undefined && seen.has(copy)) continue;
    seen.add(url.key);
    if (copy !== undefined) seen.add(copy);
    const date = toText(result.date, MAX_DATE_CHARS);
    chosen.push({ url: url.href, title, text, date: toDate(date) ?? date });
  }
  return chosen;
}

/**
 * Returns the tool's output.
 * @param {Result[]} results
 * @param {Search} search
 */
function formatResults(results, { query, count }) {
  const chosen = chooseResults(results, count);
  if (chosen.length === 0) {
    const content = `The search found nothing for ${JSON.stringify(query)}.`;
    return { content, sources: [], summary: "nothing found" };
  }
  const entries = chosen.map(({ url, title, text, date }, i) =>
    [`${i + 1}. ${title || url}`, url, date, text].filter(Boolean).join("\n   "),
  );
  return {
    content: wrap("results", "", entries.join("\n\n")),
    sources: chosen.map(({ url, title }) => ({ url, title })),
    summary: chosen.length === 1 ? "1 result" : `${chosen.length} results`,
  };
}

/**
 * Returns a snippet as text. Removes tags and decodes character references, because some services
 * send HTML. Keeps a reference without a semicolon, because in plain text `?a=1&copy=2` is part of
 * a link.
 * @param {unknown} html
 * @param {number} max_chars
 */
function toText(html, max_chars) {
  if (typeof html !== "string") return "";
  const text = html.slice(0, 4 * max_chars).replace(/<\/?[a-z][^<>]*>/gi, "");
  return singleLine(decodeHTMLStrict(text), max_chars);
}
