// Finds out from the class, the id and the role of an element whether it is the main content of a
// page, or boilerplate.

/** @typedef {"main" | "comments" | "beside" | "boilerplate" | "byline" | ""} NameKind */

/** @param {string} list */
const words = (list) => new Set(list.split(" "));
/**
 * Words in the classes and ids of comment threads and picture galleries. These are often longer
 * than the article.
 */
const COMMENTS = words(
  "comment comments commentlist disqus livefyre replies respond responses shoutbox commentform " +
    "kommentar kommentare comentarios commentaires commentlinks gallery slideshow carousel",
);
/** Words in the classes and ids of columns and lists beside or after the article. */
const BESIDE = words(
  "sidebar sidebars related relatedposts recommended recommendations trending popular footer",
);
/**
 * A class such as "has-comments" describes the whole page. Ignore a word after one of these words.
 */
const PROPERTY = words("has with no open closed allow");
/** Words in the classes and ids of blocks that are never part of the article. */
const BOILERPLATE = words(
  "ad ads advert adverts advertisement advertising adsense banner banners breadcrumb breadcrumbs " +
    "crumb crumbs remark cookie cookies " +
    "consent gdpr newsletter signup subscribe subscription paywall promo promos promotion " +
    "sponsor sponsored sponsors share sharing shares sharedaddy sharebar social socials addthis " +
    "recommendation outbrain taboola " +
    "popup modal overlay lightbox nav navigation navbar menu menus pagination " +
    "pager toolbar toolbox tools login register rss skyscraper masthead agegate supplemental " +
    "likes author authors bio skip tags taglist noprint copyright",
);
/** Words in the classes and ids of elements that contain the author and the date. */
const BYLINE = words(
  "byline bylines dateline attribution timestamp datetime date dates time published publish " +
    "pubdate posted updated meta writer credits info",
);
/**
 * Elements whose id is the target of a link. Such an id repeats words of the text, as in
 * "related-work".
 */
const ANCHORED = /^(?:h[1-6]|p|li|dt|dd|section)$/;

/**
 * Maximum number of words of an id that names a block. A longer id is the target of a link, such as
 * "sharing-with-a-single-developer".
 */
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
  const isProperty = (/** @type {number} */ at) => PROPERTY.has(found[at - 1] ?? "");
  if (found.some((word, at) => COMMENTS.has(word) && !isProperty(at))) return "comments";
  if (found.some((word) => BESIDE.has(word))) return "beside";
  if (found.some((word) => BOILERPLATE.has(word))) return "boilerplate";
  return found.some((word) => BYLINE.has(word)) ? "byline" : "";
}

/**
 * Splits names at punctuation and capital letters, and removes digits at the end of a word:
 * `post-shareBox2` has `post`, `share` and `box`.
 * @param {string} names
 */
const wordsOf = (names) =>
  names
    .replace(/(?:^|\s)js-\S+/g, " ")
    .replace(/([a-z]{2})([A-Z][a-z]{2})/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, ""));
