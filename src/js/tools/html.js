// Converts HTML to Markdown. Decides which parts of the page are read, and limits length and depth.
// markdown.js writes each element. Streams the input without building a tree, so the time is
// proportional to the input.

import { ELEMENTS, LINES, MAX_URL, PARAGRAPHS, TextBuffer } from "./markdown.js";
import { Parser } from "./parser.js";

/**
 * An open element. `ends` are called at its end. `counted` lists the names that `inside()` counts
 * until then.
 * @typedef {{ name: string, ends: (() => void)[], counted: string[] }} Element
 * @typedef {Record<string, string | undefined>} Attributes
 */

/**
 * Browsers stop nesting at 512, and real pages stay below 100. The parser's time is quadratic in
 * the depth.
 */
const MAX_DEPTH = 256;
const CHUNK = 4096;
const MAX_TITLE = 300;
/**
 * If the main part has less text, a script probably fills it later, so the whole page is read
 * instead.
 */
const MIN_MAIN_CHARS = 500;

/** @param {string} list */
const names = (list) => new Set(list.split(" "));
const SKIPPED = names(
  "script style noscript template iframe object embed applet frameset noframes svg canvas audio " +
    "video map nav select textarea datalist dialog input rp",
);
/** Elements that are read only inside the main content. */
const SKIPPED_OUTSIDE = names("footer aside");
const SKIPPED_ROLES = names(
  "navigation banner contentinfo search complementary dialog alertdialog menu menubar",
);
/** Matches a style that hides an element. */
const HIDING =
  /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:opacity|font-size)\s*:\s*0(?:\.0*)?(?:px|em|rem|%)?\s*(?:;|!|$))/i;

/**
 * @param {string} html
 * @param {{ url: string, max_chars: number }} options
 * @returns {{ title: string, text: string, cut?: string | undefined }} `cut`: why the text was cut
 *   off before the end of the page
 */
export function toMarkdown(html, { url, max_chars }) {
  const scope = findScope(html);
  const main = scope && convert(html, { url, max_chars, scope });
  return main && main.text.length >= MIN_MAIN_CHARS ? main : convert(html, { url, max_chars });
}

/** @param {string} html */
function findScope(html) {
  if (/<main[\s>]|\brole\s*=\s*["']?main\b/i.test(html)) return "main";
  return /<article[\s>]/i.test(html) ? "article" : undefined;
}

/** @typedef {{ url: string, max_chars: number, scope?: string }} Options */

/** @param {string} html @param {Options} options */
function convert(html, options) {
  const page = new Page(options);
  const parser = new Parser(page);
  for (let at = 0; at < html.length && !page.cut; at += CHUNK) {
    parser.write(html.slice(at, at + CHUNK));
  }
  parser.end();
  return page.result();
}

/**
 * Returns the base of links without its query, because a query has no effect on a base.
 * @param {string} url
 */
function shortBase(url) {
  const { origin, pathname } = new URL(url);
  return url.length <= MAX_URL ? url : origin + (pathname.length <= MAX_URL ? pathname : "");
}

/**
 * Handles the parser's events and decides which elements are read. markdown.js converts these
 * elements.
 */
export class Page {
  /** Why the text was cut off before the end of the page. @type {string | undefined} */
  cut;
  /** The base of links. */
  url;
  /** Whether the page has set the base. */
  hasBase = false;
  /** Open lists. @type {{ ordered: boolean, next: number }[]} */
  lists = [];
  /** Open tables. @type {import("./markdown.js").Table[]} */
  tables = [];
  #scope;
  /** How many characters may still be read. */
  #left;
  #title = "";
  #heading = "";
  /** @type {Element[]} */
  #open = [];
  /** Open buffers. Text is added to the last one. */
  #buffers = [new TextBuffer()];
  /** @type {Map<string, number>} */
  #inside = new Map();
  /** Number of open elements where skipping began. */
  #skippedAt = Infinity;

  /** @param {Options} options */
  constructor({ url, max_chars, scope }) {
    this.url = shortBase(url);
    this.#scope = scope;
    this.#left = max_chars + CHUNK;
  }

  result() {
    const title = (this.#title || this.#heading).replace(/\s+/g, " ").trim();
    return { title, text: this.buffer.block, cut: this.cut };
  }

  /** @param {string} name @param {Attributes} attributes */
  onopentag(name, attributes) {
    /** @type {Element} */
    const element = { name, ends: [], counted: [] };
    this.#open.push(element);
    if (this.#open.length > MAX_DEPTH) this.cut ??= "what follows is nested too deeply";
    if (this.cut || this.#open.length > this.#skippedAt) return;
    if (this.#isSkipped(name, attributes)) return this.skip();
    const landmark = attributes.role?.toLowerCase() === "main" ? "main" : name;
    if (landmark === "main" || landmark === "article") this.count(element, "content");
    if (landmark === this.#scope) this.count(element, "scope");
    const lines = PARAGRAPHS.has(name) ? 2 : LINES.has(name) ? 1 : 0;
    if (lines) {
      this.buffer.separate(lines);
      element.ends.push(() => this.buffer.separate(lines));
    }
    ELEMENTS.get(name)?.(this, element, attributes);
  }

  onclosetag() {
    const element = this.#open.pop();
    if (this.#open.length < this.#skippedAt) this.#skippedAt = Infinity;
    for (const what of element?.counted ?? []) this.#inside.set(what, this.inside(what) - 1);
    for (const end of element?.ends.reverse() ?? []) end();
  }

  /** @param {string} text */
  ontext(text) {
    if (this.#open.at(-1)?.name === "title") {
      const isOpen = this.#title.length < MAX_TITLE && this.#skippedAt === Infinity;
      if (isOpen) this.#title += text.slice(0, MAX_TITLE);
    } else {
      this.addText(this.inside("pre") ? text : text.replace(/[\t\n\f\r ]+/g, " "));
    }
  }

  /** @param {string} name @param {Attributes} attributes */
  #isSkipped(name, { hidden, role, style, "aria-hidden": aria }) {
    // Always read `<html>` and `<body>`, because a page that fades in hides them at first.
    if (name === "html" || name === "body") return false;
    if (SKIPPED.has(name)) return true;
    // Read a button at the start of a heading, because it holds the heading's text.
    if (name === "button" && !(this.inside("heading") && this.buffer.text === "")) return true;
    if (SKIPPED_OUTSIDE.has(name) && !this.inside("content")) return true;
    if (role !== undefined && SKIPPED_ROLES.has(role.toLowerCase())) return true;
    return hidden !== undefined || aria === "true" || (style !== undefined && HIDING.test(style));
  }

  /** Skips the element that has just begun. */
  skip() {
    this.#skippedAt = this.#open.length;
  }

  /** The buffer to which text is added. */
  get buffer() {
    return /** @type {TextBuffer} */ (this.#buffers.at(-1));
  }

  get isReading() {
    const isInScope = !this.#scope || this.inside("scope") > 0;
    return !this.cut && this.#skippedAt === Infinity && isInScope;
  }

  /**
   * Adds text of the page and counts it. Does nothing inside a skipped element.
   * @param {string} text
   */
  addText(text) {
    if (!this.isReading) return;
    this.#left -= text.length;
    if (this.#left <= 0) this.cut = "it is long";
    this.buffer.add(text);
  }

  /**
   * Adds text as a separate block. The text was already counted.
   * @param {string} text
   */
  block(text, lines = 2) {
    if (text === "") return;
    this.buffer.separate(lines);
    this.buffer.add(text);
    this.buffer.separate(lines);
  }

  /**
   * Captures the text inside an element, and passes it to `close` at the end of the element.
   * @param {Element} element
   * @param {TextBuffer} buffer
   * @param {(buffer: TextBuffer) => void} close
   */
  capture(element, buffer, close) {
    this.#buffers.push(buffer);
    element.ends.push(() => {
      this.#buffers.pop();
      close(buffer);
    });
  }

  /**
   * Counts an element in `inside(what)` until its end.
   * @param {Element} element
   * @param {string} what
   */
  count(element, what) {
    element.counted.push(what);
    this.#inside.set(what, this.inside(what) + 1);
  }

  /** @param {string} what */
  inside(what) {
    return this.#inside.get(what) ?? 0;
  }

  /**
   * Stores the first heading as the title for a page without `<title>`.
   * @param {string} text
   */
  heading(text) {
    this.#heading ||= text.slice(0, MAX_TITLE);
  }
}
