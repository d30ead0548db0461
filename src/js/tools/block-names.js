// Finds out from the class, the id and the role of an element whether it is the main content of a
// page, or boilerplate.

/** @typedef {"main" | "boilerplate" | ""} NameKind */

/** @param {string} list */
const words = (list) => new Set(list.split(" "));
/** Words in the class or the id of elements that are not part of the article. */
const BOILERPLATE = words(
  "ad ads advert adverts advertisement advertising adsense banner banners breadcrumb breadcrumbs " +
    "comment comments commentlist disqus livefyre replies respond shoutbox remark cookie cookies " +
    "consent gdpr newsletter signup subscribe subscription paywall promo promos promotion " +
    "sponsor sponsored sponsors share sharing shares sharedaddy sharebar social socials addthis " +
    "related recommended recommendations recommendation outbrain taboola trending popular " +
    "popup modal overlay lightbox sidebar sidebars nav navigation navbar menu menus pagination " +
    "pager toolbar toolbox tools login register rss skyscraper masthead agegate supplemental " +
    "relatedposts likes commentform author authors bio skip tags taglist noprint gallery " +
    "slideshow carousel footer copyright",
);
/** Elements whose id is an anchor. An anchor repeats words of the text, such as "related-work". */
const ANCHORED = /^(?:h[1-6]|p|li|dt|dd|section)$/;

/** An id with more words is an anchor, too: "sharing-with-a-single-developer". */
const MAX_ID_WORDS = 4;

/**
 * @param {string} name
 * @param {import("./html-reader.js").Attributes} attributes
 * @returns {NameKind}
 */
export function kindOf(name, { class: classes = "", id = "", role, itemprop }) {
  if (name === "main" || role === "main" || itemprop === "articleBody") return "main";
  if (name === "html" || name === "body" || (classes === "" && id === "")) return "";
  const named = wordsOf(id.slice(0, 100));
  const isAnchor = ANCHORED.test(name) || named.length > MAX_ID_WORDS;
  const found = [...wordsOf(classes.slice(0, 500)), ...(isAnchor ? [] : named)];
  return found.some((word) => BOILERPLATE.has(word)) ? "boilerplate" : "";
}

/**
 * Splits names at punctuation and capital letters, and removes digits at the end of a word:
 * `post-shareBox2` has `post`, `share` and `box`.
 * @param {string} names
 */
const wordsOf = (names) =>
  names
    .replace(/([a-z]{2})([A-Z][a-z]{2})/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, ""));
