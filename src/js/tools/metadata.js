// Reads what a page says about itself: site, author, dates, language and canonical URL. The sources
// are `<meta>`, `<link>`, `<time>` and JSON-LD, <https://schema.org/Article>. These values may be
// wrong or very long. Therefore their lengths are limited, and the form of dates and languages is
// checked.

import { pageUrl } from "./links.js";

/** @typedef {import("./html-reader.js").Attributes} Attributes */

/**
 * @typedef {"title" | "site" | "author" | "published" | "modified" | "language" | "canonical"} Field
 */

/**
 * Limits for the JSON-LD of a page: the number of characters, and the number of objects that are
 * read.
 */
const MAX_JSON = 200_000;
const MAX_OBJECTS = 200;
const MAX_AUTHORS = 3;
const MAX_NAME = 100;
const MAX_CONTENT = 300;

/**
 * The field for each value of `<meta name>`, `property` or `itemprop`, in lower case.
 * @type {Record<string, Field>}
 */
const META = {
  "og:title": "title",
  "og:site_name": "site",
  "application-name": "site",
  author: "author",
  "article:author": "author",
  "dc.creator": "author",
  "dcterms.creator": "author",
  "parsely-author": "author",
  citation_author: "author",
  "article:published_time": "published",
  datepublished: "published",
  "dc.date": "published",
  "dc.date.issued": "published",
  "dcterms.created": "published",
  "parsely-pub-date": "published",
  citation_publication_date: "published",
  "sailthru.date": "published",
  pubdate: "published",
  date: "published",
  "article:modified_time": "modified",
  "og:updated_time": "modified",
  datemodified: "modified",
  "dcterms.modified": "modified",
  "last-modified": "modified",
  "og:locale": "language",
  "content-language": "language",
};
/** Matches an author that is not a person, but a link or a shared account. */
const NO_AUTHOR = /^https?:|^(?:admin|administrator|editor|staff|webmaster)$/i;
/** Types of JSON-LD that are about a page. */
const PAGE_TYPE = /(?:Article|Posting|Report|WebPage|Recipe|Review|Question)$/;

export class Metadata {
  /** @type {Partial<Record<Field, string>>} */
  #fields = {};
  /** Fields from JSON-LD. They override `#fields`. @type {Partial<Record<Field, string>>} */
  #linked = {};
  #left = MAX_JSON;
  /** The URL to which `<meta http-equiv=refresh>` sends readers. @type {string | undefined} */
  #refresh;

  /**
   * Reads `<html>`, `<meta>`, `<link>` and `<time>`.
   * @param {string} name
   * @param {Attributes} attributes
   */
  element(name, attributes) {
    const { content, href, rel, lang, itemprop, datetime } = attributes;
    if (name === "html") this.#set("language", lang);
    if (name === "link" && rel?.toLowerCase() === "canonical") this.#set("canonical", href);
    if (name === "time" && /^datePublished$|^dateModified$/.test(itemprop ?? "")) {
      this.#set(itemprop === "datePublished" ? "published" : "modified", datetime);
    }
    if (name !== "meta") return;
    if (attributes["http-equiv"]?.toLowerCase() === "refresh") {
      this.#refresh ??= /^[\s\d.]*[;,]\s*url\s*=\s*["']?([^"']+)/i.exec(
        content?.slice(0, 1000) ?? "",
      )?.[1];
    }
    const key = attributes.property ?? attributes.name ?? itemprop ?? attributes["http-equiv"];
    const field = key && key.length < 50 ? META[key.toLowerCase()] : undefined;
    if (field && Object.hasOwn(META, key?.toLowerCase() ?? "")) this.#set(field, content);
  }

  /** @param {Field} field @param {string | undefined} value */
  #set(field, value) {
    if (value) this.#fields[field] ??= value.slice(0, field === "canonical" ? 1000 : MAX_CONTENT);
  }

  /**
   * Reads a block of JSON-LD.
   * @param {string} text
   */
  json(text) {
    this.#left -= text.length;
    if (this.#left < 0) return;
    /** @type {unknown} */
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    const objects = [value].flat();
    for (let at = 0; at < Math.min(objects.length, MAX_OBJECTS); at++) {
      const item = /** @type {any} */ (objects[at]);
      if (item === null || typeof item !== "object") continue;
      if (Array.isArray(item["@graph"])) objects.push(...item["@graph"].slice(0, MAX_OBJECTS));
      const types = [item["@type"]].flat();
      if (types.some((type) => PAGE_TYPE.test(String(type)))) this.#page(item);
      else if (types.includes("WebSite")) this.#link("site", item.name);
    }
  }

  /** @param {any} item an article or a page */
  #page({ author, publisher, datePublished, dateModified, inLanguage, isPartOf }) {
    const authors = [author].flat().slice(0, MAX_AUTHORS).map(nameOf).filter(Boolean);
    this.#link("author", authors.join(", "));
    this.#link("site", nameOf(publisher) || nameOf(isPartOf));
    this.#link("published", datePublished);
    this.#link("modified", dateModified);
    this.#link("language", inLanguage);
  }

  /** @param {Field} field @param {unknown} value */
  #link(field, value) {
    if (typeof value === "string" && value) this.#linked[field] ??= value.slice(0, MAX_CONTENT);
  }

  /**
   * Returns the title, the name of the site and the author. `hasDate` says whether the date is
   * known.
   */
  summary() {
    const { title, site, author, published, modified } = { ...this.#fields, ...this.#linked };
    const isPerson = author !== undefined && !NO_AUTHOR.test(author);
    const hasDate = (toDate(published) ?? toDate(modified)) !== undefined;
    return { title, site: siteName(site), author: isPerson ? author : "", hasDate };
  }

  /**
   * Returns the URL to which `<meta http-equiv=refresh>` sends readers, if it is another URL.
   * @param {string} url the URL of the page
   */
  next(url) {
    const target = pageUrl(this.#refresh?.trim(), url);
    return target === url ? undefined : target;
  }

  /**
   * Returns one line with the known fields, or "".
   * @param {string} url the URL of the page
   */
  line(url) {
    const { title, site, author, published, modified, language, canonical } = {
      ...this.#fields,
      ...this.#linked,
    };
    const [since, changed] = [toDate(published), toDate(modified)];
    const target = canonical ? pageUrl(canonical, url) : undefined;
    const name = siteName(site);
    const writer = NO_AUTHOR.test(author ?? "") ? "" : shorten(author?.replace(/^by\s+/i, ""));
    const next = this.next(url);
    const parts = [
      isInUrl(name, target ?? url) || name === shorten(title) ? "" : name,
      writer && writer !== name && `by ${writer}`,
      since,
      changed && changed !== since && `modified ${changed}`,
      language && /^[a-z]{2,3}([-_][a-z0-9]{1,8})*$/i.test(language) && language.split(/[-_]/)[0],
      target && target !== url && target,
      next && `sends readers on to ${next}`,
    ];
    return parts.filter(Boolean).join("; ");
  }
}

/** @param {any} value a name, or an object with a name */
const nameOf = (value) => {
  const name = typeof value === "string" ? value : value?.name;
  return typeof name === "string" ? name.slice(0, MAX_NAME) : "";
};

/**
 * Returns the name of a site without its slogan.
 * @param {string | undefined} text
 */
const siteName = (text) => shorten(text)?.split(/ [-–—|:] /)[0];

/**
 * Returns whether a URL contains the name of a site: `www.example-news.com` contains "Example
 * News".
 * @param {string | undefined} name
 * @param {string} url
 */
function isInUrl(name, url) {
  const letters = (/** @type {string} */ text) =>
    text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
  return name !== undefined && letters(new URL(url).host).includes(letters(name));
}

/** @param {string | undefined} text */
const shorten = (text) => text?.replace(/\s+/g, " ").trim().slice(0, MAX_NAME);

/**
 * Returns a date as `2026-01-31`, or `undefined`.
 * @param {string | undefined} text
 */
export function toDate(text) {
  const iso = /^\s*([1-9]\d{3}-\d{2}-\d{2})(?!\d)/.exec(text ?? "")?.[1];
  if (iso || !text || text.length > 50 || !/\d{4}/.test(text)) return iso;
  const ms = Date.parse(text);
  // Some sites write the year 1 if they do not know the date.
  const date = Number.isNaN(ms) ? "0" : new Date(ms).toISOString().slice(0, 10);
  return /^[1-9]/.test(date) ? date : undefined;
}
