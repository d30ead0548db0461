// Checks a site's robots.txt before a page is fetched, if the option `robots` is `true`.

import { readBody } from "./body.js";
import { decode } from "./charset.js";
import { followRedirects, redactUrl } from "./checked-request.js";
import { MAX_ROBOTS_BYTES, mayFetch, parseRobots } from "./robots.js";

/**
 * The rules of robots.txt for each origin.
 * @typedef {Map<string, import("./robots.js").RobotsRule[]>} Robots
 */

/** Maximum number of characters of a path that are matched. */
const MAX_PATH = 2000;

/**
 * Throws if robots.txt disallows a URL. If a site has no robots.txt, every URL is allowed. If the
 * server fails to return robots.txt, every URL is disallowed.
 * @param {URL} url
 * @param {any} options of `webFetch`
 * @param {Robots} robots
 * @param {AbortSignal} signal
 */
export async function assertCrawlable(url, options, robots, signal) {
  const rules = robots.get(url.origin) ?? (await fetchRules(url, options, signal));
  robots.set(url.origin, rules);
  const path = (url.pathname + url.search).slice(0, MAX_PATH);
  if (!mayFetch(rules, path)) {
    throw new Error(`${redactUrl(url)} may not be fetched: the site's robots.txt disallows it`);
  }
}

/** @param {URL} url @param {any} options @param {AbortSignal} signal */
async function fetchRules(url, options, signal) {
  const { response } = await followRedirects(new URL("/robots.txt", url), options, signal);
  const { status } = response;
  const body = await readBody(response, status < 300 ? MAX_ROBOTS_BYTES : 1, signal);
  if (status >= 500 || status === 429) {
    throw new Error(`${redactUrl(url)} may not be fetched: its robots.txt answered ${status}`);
  }
  if (status >= 300) return [];
  const agent = /^[a-z_-]+/i.exec(options.user_agent ?? "")?.[0] ?? "";
  return parseRobots(decode(body, "text/plain; charset=utf-8"), agent);
}
