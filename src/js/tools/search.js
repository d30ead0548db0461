// Creates a `web_search` handler from the adapter of one search service. The handler returns
// results as text and marks the text as data.

import { withTimeout } from "../timeout.js";
import { decode, discard, fetchChecked, readBody } from "./body.js";
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
  // Behind the caller's own base URL, a proxy may add the key.
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
    throw new Error(refusalMessage(adapter, response.status, answer, options.apiKey));
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
 * @param {number} status
 * @param {any} answer
 * @param {string | undefined} apiKey
 */
function refusalMessage(adapter, status, answer, apiKey) {
  const { reason, message } = adapter.refusal(status, answer);
  const fallback = status >= 500 ? "has failed" : "has refused the search";
  const what = `${adapter.name} ${reason ?? STATUS_REASONS[status] ?? fallback} (${status})`;
  if (typeof message !== "string") return what;
  const safe = apiKey ? message.replaceAll(apiKey, "…") : message;
  return `${what}: ${singleLine(safe, MAX_MESSAGE_CHARS)}`;
}

/**
 * Returns the tool's output: the first `count` results with different URLs.
 * @param {Result[]} results
 * @param {Search} search
 */
function formatResults(results, { query, count }) {
  /** @type {Map<string, { title: string, text: string, date: string }>} */
  const byUrl = new Map();
  for (const { url, title, text, date } of results) {
    if (byUrl.size === count) break;
    const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
    if (!parsed || !/^https?:$/.test(parsed.protocol)) continue;
    parsed.hash = "";
    if (byUrl.has(parsed.href)) continue;
    byUrl.set(parsed.href, {
      title: toText(title, MAX_TITLE_CHARS),
      text: toText(text, MAX_SNIPPET_CHARS),
      date: toText(date, MAX_DATE_CHARS).replace(/T[\d:.+Z-]+$/, ""),
    });
  }
  if (byUrl.size === 0) {
    const content = `The search found nothing for ${JSON.stringify(query)}.`;
    return { content, sources: [], summary: "nothing found" };
  }
  const entries = Array.from(byUrl, ([url, { title, text, date }], i) =>
    [`${i + 1}. ${title || url}`, url, date, text].filter(Boolean).join("\n   "),
  );
  return {
    content: wrap("results", "Results of a web search", entries.join("\n\n")),
    sources: Array.from(byUrl, ([url, { title }]) => ({ url, title })),
    summary: byUrl.size === 1 ? "1 result" : `${byUrl.size} results`,
  };
}

/**
 * Returns a snippet as text. Some services send HTML, so removes tags and decodes character
 * references. Keeps a reference without a semicolon, because in plain text `?a=1&copy=2` is part of
 * a link.
 * @param {unknown} html
 * @param {number} max_chars
 */
function toText(html, max_chars) {
  if (typeof html !== "string") return "";
  const text = html.slice(0, 4 * max_chars).replace(/<\/?[a-z][^<>]*>/gi, "");
  return singleLine(decodeHTMLStrict(text), max_chars);
}
