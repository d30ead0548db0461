// Writes a feed as a list in Markdown. The feed may be RSS 2.0, RSS 1.0 or Atom.
// <https://www.rssboard.org/rss-specification>, <https://www.rfc-editor.org/rfc/rfc4287>

import { toMarkdown } from "./html.js";
import { pageUrl, shortBase } from "./links.js";
import { toDate } from "./metadata.js";
import { Parser } from "./parser.js";

/** @typedef {{ title: string, link: string, date: string, summary: string }} Item */

const CHUNK = 4096;
const MAX_ITEMS = 1000;
/** Maximum depth of elements. The parser's time grows with the square of the depth. */
const MAX_DEPTH = 100;
const MAX_FIELD = 4000;
const MAX_TITLE = 300;
const MAX_SUMMARY = 500;

/** The field of an item for each element name. @type {Record<string, keyof Item>} */
const FIELDS = {
  title: "title",
  link: "link",
  pubdate: "date",
  "dc:date": "date",
  updated: "date",
  published: "date",
  description: "summary",
  summary: "summary",
  content: "summary",
  "content:encoded": "summary",
};

/** @param {string} text */
export const isFeed = (text) => /<(?:rss|feed|rdf:RDF)[\s>]/i.test(text.slice(0, 1000));

/**
 * @param {string} xml
 * @param {string} url
 * @returns {{ title: string, text: string } | undefined} `undefined` if the feed has no items
 */
export function feedToMarkdown(xml, url) {
  const reader = new FeedReader();
  const parser = new Parser(reader, { xmlMode: true });
  for (let at = 0; at < xml.length && !reader.isFull; at += CHUNK) {
    parser.write(xml.slice(at, at + CHUNK));
  }
  parser.end();
  const items = reader.items.slice(0, MAX_ITEMS).filter(({ title, summary }) => title || summary);
  if (items.length === 0) return undefined;
  const text = items.map((item) => writeItem(item, shortBase(url))).join("\n");
  return { title: plain(reader.title, MAX_TITLE), text };
}

/** @param {Item} item @param {string} base */
function writeItem({ title, link, date, summary }, base) {
  const text = plain(summary, MAX_SUMMARY);
  const name = plain(title, MAX_TITLE) || text;
  const target = pageUrl(link.trim(), base)?.replaceAll("(", "%28").replaceAll(")", "%29");
  const day = toDate(date.trim());
  const head = `- ${target ? `[${name}](${target})` : name}${day ? ` (${day})` : ""}`;
  return text === "" || text === name ? head : `${head}\n  ${text}`;
}

/**
 * Converts HTML or text to one line of text.
 * @param {string} html
 * @param {number} max_chars
 */
function plain(html, max_chars) {
  const text = /[<&]/.test(html)
    ? toMarkdown(html, { url: "https://feed.invalid/", max_chars: MAX_FIELD }).text
    : html;
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > max_chars ? `${line.slice(0, max_chars)}…` : line;
}

/** Handles the parser's events. Keeps only the fields of items. */
class FeedReader {
  title = "";
  /** @type {Item[]} */
  items = [];
  /** @type {Item | undefined} */
  #item;
  /** The open field. @type {keyof Item | undefined} */
  #field;
  /** Numbers of open elements: now, and at the time when the open field began. */
  #depth = 0;
  #fieldDepth = 0;
  #isTooDeep = false;
  /** Whether the `<title>` element of the feed itself is open. */
  #isTitle = false;

  /** @param {string} name @param {Record<string, string | undefined>} attributes */
  onopentag(name, attributes) {
    const local = name.toLowerCase();
    this.#depth += 1;
    this.#isTooDeep ||= this.#depth > MAX_DEPTH;
    if (this.#field) return;
    if (local === "item" || local === "entry") {
      this.#item = { title: "", link: "", date: "", summary: "" };
      this.items.push(this.#item);
    } else if (this.#item) {
      this.#openField(local, attributes);
    } else {
      this.#isTitle = local === "title" && this.title === "";
    }
  }

  /** @param {string} name @param {Record<string, string | undefined>} attributes */
  #openField(name, { href, rel }) {
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (!field || !this.#item || this.#item[field] !== "") return;
    if (href && (rel === undefined || rel === "alternate")) this.#item.link = href;
    else this.#field = field;
    this.#fieldDepth = this.#depth;
  }

  /** Whether the rest of the feed is left out. */
  get isFull() {
    return this.items.length > MAX_ITEMS || this.#isTooDeep;
  }

  /** @param {string} name */
  onclosetag(name) {
    this.#isTitle = false;
    if (this.#depth <= this.#fieldDepth) this.#field = undefined;
    this.#depth -= 1;
    if (/^(item|entry)$/i.test(name)) this.#item = undefined;
  }

  /** @param {string} text */
  ontext(text) {
    if (this.#isTitle && this.title.length < MAX_FIELD) this.title += text;
    if (!this.#item || !this.#field) return;
    const had = this.#item[this.#field];
    if (had.length < MAX_FIELD) this.#item[this.#field] = had + text.slice(0, MAX_FIELD);
  }
}
