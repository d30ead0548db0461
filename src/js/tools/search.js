// In: how one provider is asked, and what a model wants to know. Out: results as text, marked as data. What all adapters have in common.

import { withTimeout } from "../timeout.js";
import { ask, decoded, discard, read } from "./body.js";
import { line, marked } from "./marks.js";
import { checked, FUNCTION, TEXT } from "./options.js";
import { decodeHTMLStrict } from "./parser.js";

const MAX_BYTES = 2_000_000;
const MAX_SNIPPET = 2000;

const DEFAULTS = { parameters: {}, count: 5, fetch: undefined, timeout_ms: 15_000 };
const KINDS = {
  apiKey: { fits: (value) => TEXT.fits(value) && value !== "", wanted: "a key" },
  baseURL: { fits: (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), wanted: "an http: or https: URL" },
  parameters: { fits: (value) => value !== null && typeof value === "object" && !Array.isArray(value), wanted: "an object" },
  fetch: FUNCTION,
};

export const BAD_KEY = "does not accept the key";
export const NO_CREDIT = "has no credit left";
const MEANINGS = { 401: BAD_KEY, 402: NO_CREDIT, 403: BAD_KEY, 429: "is asked too often" };

/** A provider is { tool, name, baseURL?, keyless?, most, longest, request, list, entry, refusal }:
 *  - `request({ query, count, apiKey, parameters })` gives { path, search?, headers?, body? },
 *  - `list(answer)` finds the results in an answer, `entry(result)` gives { url, title, text, date? }, with HTML in them or without,
 *  - `refusal(status, answer)` gives { means?, says? } where the status was not 200. */
export function searching(provider, given = {}) {
  const { tool, name, baseURL, keyless, most, longest } = provider;
  const options = checked(tool, given, { ...(keyless ? {} : { apiKey: undefined }), baseURL, ...DEFAULTS }, KINDS);
  if (!options.baseURL) throw new TypeError(`${tool}: \`baseURL\` is needed`);
  // Behind a base URL of the caller's own, the key may be somebody else's matter.
  if (!keyless && !options.apiKey && options.baseURL === baseURL) throw new TypeError(`${tool}: \`apiKey\` is needed`);

  return async (input, { signal } = {}) => {
    const query = typeof input?.query === "string" ? line(input.query, longest) : "";
    if (!query) throw new Error("a search needs a `query`, in words");
    const count = Math.min(Math.max(Math.trunc(Number(input.count)) || options.count, 1), most);
    const asking = { query, count, apiKey: options.apiKey, parameters: options.parameters };
    return told(await withTimeout(options.timeout_ms, signal, `a search with ${name}`, (alive) => results(provider, options, asking, alive)), asking);
  };
}

async function results(provider, options, asking, signal) {
  const { path, search = {}, headers, body } = provider.request(asking);
  const url = new URL(options.baseURL.replace(/\/*$/, path));
  for (const [field, value] of Object.entries(search)) if (value !== undefined) url.searchParams.set(field, String(value));
  const response = await ask(options.fetch ?? globalThis.fetch, url, {
    method: body ? "POST" : "GET",
    headers: { accept: "application/json", ...(body && { "content-type": "application/json" }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
    // The key goes where the caller has said, and nowhere else.
    redirect: "manual",
    signal,
  });
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status <= 399)) {
    discard(response);
    throw new Error(`${provider.name} answers with a redirect, which is not followed: \`baseURL\` must be where it leads`);
  }
  const taken = await read(response, MAX_BYTES, signal);
  const answer = json(decoded(taken, ""));
  if (response.status !== 200) throw new Error(refused(provider, response.status, answer, options.apiKey));
  if (taken.isCut) throw new Error(`${provider.name} sent more than ${MAX_BYTES.toLocaleString("en")} bytes`);
  const list = provider.list(answer);
  if (!Array.isArray(list)) throw new Error(`${provider.name} sent something that is no list of results`);
  return list.filter((result) => result !== null && typeof result === "object").map(provider.entry);
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(provider, status, answer, apiKey) {
  const { means, says } = provider.refusal(status, answer);
  const what = means ?? MEANINGS[status] ?? (status >= 500 ? "has failed" : "has refused the search");
  // Some quote the key that they refuse.
  const quoted = typeof says === "string" ? `: ${line(apiKey ? says.replaceAll(apiKey, "…") : says, 300)}` : "";
  return `${provider.name} ${what} (${status})${quoted}`;
}

function told(list, { query, count }) {
  const found = new Map();
  for (const { url, title, text, date } of list) {
    if (found.size === count) break;
    const address = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
    if (!address || !/^https?:$/.test(address.protocol)) continue;
    address.hash = "";
    if (!found.has(address.href)) found.set(address.href, { title: plain(title, 300), text: plain(text, MAX_SNIPPET), date: plain(date, 40).replace(/T[\d:.+Z-]+$/, "") });
  }
  if (found.size === 0) return { content: `The search found nothing for ${JSON.stringify(query)}.`, sources: [], summary: "nothing found" };
  const entries = Array.from(found, ([url, { title, text, date }], i) => [`${i + 1}. ${title || url}`, url, date, text].filter(Boolean).join("\n   "));
  return {
    content: marked("results", "Results of a web search", entries.join("\n\n")),
    sources: Array.from(found, ([url, { title }]) => ({ url, title })),
    summary: found.size === 1 ? "1 result" : `${found.size} results`,
  };
}

/**
 * Returns a snippet as text. Some providers send HTML, with tags around words
 * and character references. Without its semicolon, a reference stays: in plain
 * text, `?a=1&copy=2` is part of a link.
 */
function plain(html, most) {
  if (typeof html !== "string") return "";
  const text = html.slice(0, 4 * most).replace(/<\/?[a-z][^<>]*>/gi, "");
  return line(decodeHTMLStrict(text), most);
}
