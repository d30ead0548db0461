// Says what the class, the id and the role of a block tell about it.

/** @typedef {"main" | "boilerplate" | "around" | ""} NameKind */

/** @param {string} list */
const words = (list) => new Set(list.split(" "));
/** Words of what is not part of the article, wherever they stand. */
const BOILERPLATE = words(
  "ad ads advert adverts advertisement advertising adsense banner banners breadcrumb breadcrumbs " +
    "comment comments commentlist disqus livefyre replies respond shoutbox remark cookie cookies " +
    "consent gdpr newsletter signup subscribe subscription paywall promo promos promotion " +
    "sponsor sponsored sponsors share sharing shares sharedaddy sharebar social socials addthis " +
    "related recommended recommendations recommendation outbrain taboola trending popular " +
    "popup modal overlay lightbox sidebar sidebars nav navigation navbar menu menus pagination " +
    "pager toolbar toolbox tools login register rss skyscraper masthead agegate supplemental " +
    "skip tags taglist noprint gallery slideshow carousel",
);
/** Words of what stands around an article. Beside a word of `CONTENT` they say nothing. */
const AROUND = words(
  "footer header head foot extra community cover legends meta remote links more next " +
    "prev previous latest aside",
);
const CONTENT = words(
  "article articles articlebody body content contents main column entry hentry post posts " +
    "story text page blog mathjax shadow",
);

/**
 * @param {string} name
 * @param {import("./html-reader.js").Attributes} attributes
 * @returns {NameKind}
 */
export function kindOf(name, { class: classes = "", id = "", role, itemprop }) {
  if (name === "main" || role === "main" || itemprop === "articleBody") return "main";
  if (name === "html" || name === "body" || (classes === "" && id === "")) return "";
  const found = wordsOf(`${classes.slice(0, 500)} ${id.slice(0, 100)}`);
  if (found.some((word) => BOILERPLATE.has(word))) return "boilerplate";
  const isAround = found.some((word) => AROUND.has(word));
  return isAround && !found.some((word) => CONTENT.has(word)) ? "around" : "";
}

/**
 * Splits names at signs and capitals: `post-shareBox2` has `post`, `share` and `box`.
 * @param {string} names
 */
const wordsOf = (names) =>
  names
    .replace(/([a-z]{2})([A-Z][a-z]{2})/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, ""));
