// Resolves the links of a page to absolute URLs. The lengths of the base URL and of the links are
// limited, because each absolute URL repeats the base URL.

const MAX_URL = 1000;

/**
 * Returns the base URL of links. If the page's URL is too long, removes its query. If the path is
 * too long, also removes the path.
 * @param {string} url
 */
export function shortBase(url) {
  const { origin, pathname } = new URL(url);
  return url.length <= MAX_URL ? url : origin + (pathname.length <= MAX_URL ? pathname : "");
}

/**
 * Returns the absolute URL of a link. Returns `undefined` if the URL is invalid or too long.
 * @param {string | undefined} href
 * @param {string} base
 */
function parseLink(href, base) {
  if (!href || href.length > MAX_URL || !URL.canParse(href, base)) return undefined;
  const url = new URL(href, base);
  return url.href.length > MAX_URL ? undefined : url;
}

/**
 * Returns the absolute URL of a link with `http:` or `https:`. Returns `undefined` for any other
 * link.
 * @param {string | undefined} href
 * @param {string} base
 */
export function pageUrl(href, base) {
  const url = parseLink(href, base);
  return url && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

/** @param {string | undefined} href @param {string} base */
export function linkTarget(href, base) {
  const url = href?.startsWith("#") ? undefined : parseLink(href, base);
  if (!url || !/^(https?|mailto):$/.test(url.protocol)) return undefined;
  // A parenthesis would end the link in Markdown.
  return url.href.replaceAll("(", "%28").replaceAll(")", "%29");
}
