// Resolves the links of a page to absolute URLs. All lengths are limited, because each link copies
// its base.

const MAX_URL = 1000;

/**
 * Returns the base of links. If a URL is too long, removes its query, and then also its path.
 * @param {string} url
 */
export function shortBase(url) {
  const { origin, pathname } = new URL(url);
  return url.length <= MAX_URL ? url : origin + (pathname.length <= MAX_URL ? pathname : "");
}

/**
 * Returns the absolute URL of a link. Returns `undefined` for an address above the length limit.
 * @param {string | undefined} href
 * @param {string} base
 */
function parseLink(href, base) {
  if (!href || href.length > MAX_URL || !URL.canParse(href, base)) return undefined;
  const url = new URL(href, base);
  return url.href.length > MAX_URL ? undefined : url;
}

/**
 * Returns the address of a link to a page.
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
