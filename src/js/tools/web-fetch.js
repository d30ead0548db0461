// webFetch(): reads a page for a model, as text that is marked as data. Reads public hosts only,
// unless the caller allows others.

import { withTimeout } from "../timeout.js";
import { followRedirects, parseUrl, redactUrl } from "./checked-request.js";
import { formatPage } from "./format-page.js";
import { FUNCTION, TEXT, validateOptions } from "./options.js";
import { PageCache } from "./page-cache.js";
import { readPage } from "./read-page.js";
import { assertCrawlable } from "./robots-check.js";

const DEFAULTS = {
  fetch: undefined,
  allow: [],
  resolve: undefined,
  user_agent: undefined,
  timeout_ms: 15_000,
  max_bytes: 2_000_000,
  max_chars: 20_000,
  readers: {},
  robots: false,
};
const MEDIA_TYPE = /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/;
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
  robots: { isValid: (value) => typeof value === "boolean", expected: "true or false" },
  readers: {
    isValid: (value) =>
      value !== null &&
      typeof value === "object" &&
      Object.entries(value).every(
        ([type, reader]) => MEDIA_TYPE.test(type) && typeof reader === "function",
      ),
    expected: 'an object of functions by media type, such as "application/pdf"',
  },
};

/**
 * The data that `webFetch` keeps for one run. `robots` contains the rules of robots.txt by origin.
 * @typedef {object} RunState
 * @property {PageCache<import("./format-page.js").Page>} pages
 * @property {import("./robots-check.js").Robots} robots
 */

/**
 * @param {any} given
 * @returns {import("./index.js").ReadyHandler<{ url: string, offset?: number }>}
 */
export function webFetch(given = {}) {
  const options = validateOptions("webFetch", given, DEFAULTS, RULES);
  /** @type {WeakMap<object, RunState>} */
  const states = new WeakMap();
  return async (input, { signal, run } = {}) => {
    const url = parseUrl(input?.url);
    const offset = parseOffset(input?.offset);
    const state = (run && states.get(run)) ?? { pages: new PageCache(), robots: new Map() };
    if (run) states.set(run, state);
    const page = await state.pages.get(url.href, signal, (shared) =>
      withTimeout(options.timeout_ms, shared, `fetching ${redactUrl(url)}`, async (alive) => {
        const check = options.robots
          ? (/** @type {URL} */ target) => assertCrawlable(target, options, state.robots, alive)
          : undefined;
        return readPage(await followRedirects(url, options, alive, check), options, alive);
      }),
    );
    return formatPage(page, { url: url.href, offset }, options.max_chars);
  };
}

/**
 * Returns the offset at which reading begins. Accepts text, because models also write numbers as
 * text.
 * @param {unknown} given
 */
function parseOffset(given) {
  const offset = given == null || given === "" ? 0 : Number(given);
  if (Number.isInteger(offset) && offset >= 0) return offset;
  throw new Error(`\`offset\` must be a whole number: ${JSON.stringify(given)?.slice(0, 100)}`);
}
