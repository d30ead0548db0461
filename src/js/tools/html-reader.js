// Reads HTML into a flat list of events. Counts the characters of text and of links in each block.
// Leaves out hidden elements and controls. Builds no tree of elements, so the time is proportional
// to the input. main-content.js chooses the blocks, and markdown-writer.js writes them.

import { kindOf } from "./block-names.js";
import { pageUrl, shortBase } from "./links.js";
import { createSums, isThread, proseOf } from "./main-content.js";
import { Metadata } from "./metadata.js";
import { PageTitle } from "./page-title.js";
import { Parser } from "./parser.js";

/**
 * @typedef {Record<string, string | undefined>} Attributes
 *
 * A part of a page: text, the start of an element, or `undefined` for the end of an element.
 * @typedef {string | Opened | undefined} Event
 * @typedef {{ name: string, attributes: Attributes, block: Block | undefined }} Opened
 *
 * A block element. Its numbers do not include the content of blocks inside it.
 * @typedef {object} Block
 * @property {string} name
 * @property {Block | undefined} parent
 * @property {number} begin index of its first event
 * @property {number} end index after its last event
 * @property {import("./block-names.js").NameKind} kind by its class, id and role
 * @property {number} chars characters as `weighed()` counts them
 * @property {number} linked the number of `chars` that are in links
 * @property {number} commas
 * @property {boolean} isInContent whether it is inside a marked main part or an article
 * @property {boolean} isHome whether it has a link to the home page of a site
 * @property {number} before characters of prose in the page before this block
 * @property {boolean} isThread the result of `isThread()` in main-content.js
 * @property {boolean} isDropped
 * @property {import("./main-content.js").Sums} sums
 */

/** Maximum depth of elements. Real pages stay below 100. The parser is quadratic in the depth. */
const MAX_DEPTH = 256;
/** Maximum number of events, to limit memory: an event takes about 100 bytes. */
const MAX_EVENTS = 1_000_000;
const CHUNK = 4096;
const MAX_SCRIPT = 200_000;
const COMMAS = /[,\u060c\u3001\u3002\uff0c]/g;
const MIN_WITH_COMMAS = 20;

/** @param {string} list */
const names = (list) => new Set(list.split(" "));
const SKIPPED = names(
  "script style noscript template iframe object embed applet frameset noframes svg canvas audio " +
    "video map nav dialog rp annotation-xml",
);
const CONTROLS = names("select textarea datalist input button");
const SKIPPED_ROLES = names(
  "navigation banner contentinfo search complementary dialog alertdialog menu menubar",
);
/** Elements whose text and links are measured. */
const BLOCKS = names(
  "html body main article section div header footer aside address center form fieldset details " +
    "p pre blockquote figure figcaption ul ol menu li dl dt dd table caption tr td th " +
    "h1 h2 h3 h4 h5 h6 hgroup",
);
/** Elements with metadata. */
const ABOUT = names("html meta link time");
const HEADINGS = /^h[1-6]$/;
/** Elements that get no event in the list, because they do not change the Markdown. */
const PLAIN = names(
  "head title base meta link span font small big u abbr time label tbody thead tfoot colgroup " +
    "col wbr",
);
/** Matches a style that hides an element. */
const HIDING =
  /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:opacity|font-size)\s*:\s*0(?:\.0*)?(?:px|em|rem|%)?\s*(?:;|!|$))/i;
/** Matches classes of texts that only screen readers see, such as "opens in a new window". */
const SCREEN_READERS =
  /(?:^|\s)(?:sr-only|screen-reader-text|visually-?hidden|u-visually-?hidden|assistive-text|text-hide)(?:\s|$)/i;
/** Chinese, Japanese and Korean characters. One of them has the meaning of several letters. */
const IDEOGRAPHS = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/g;
const IDEOGRAPH_WEIGHT = 3;

/**
 * @param {string} html
 * @param {{ url: string, max_chars: number }} options
 */
export function readHtml(html, options) {
  const reader = new Reader(options);
  const parser = new Parser(reader);
  for (let at = 0; at < html.length && !reader.cut; at += CHUNK) {
    parser.write(html.slice(at, at + CHUNK));
  }
  parser.end();
  return reader.result();
}

/** @param {string} name @param {Block | undefined} parent @param {number} begin @returns {Block} */
function createBlock(name, parent, begin) {
  return {
    name,
    parent,
    begin,
    end: begin,
    kind: "",
    chars: 0,
    linked: 0,
    commas: 0,
    isInContent: parent?.isInContent ?? false,
    isHome: false,
    isThread: false,
    before: 0,
    isDropped: false,
    sums: createSums(),
  };
}

/**
 * Returns an object for the text of a script with JSON-LD or TeX. Other scripts are not read.
 * @param {Attributes} attributes
 */
function scriptOf({ type = "" }) {
  const isJson = /^application\/ld\+json\b/i.test(type);
  return isJson || /^math\/tex\b/i.test(type) ? { isJson, text: "" } : undefined;
}

/** Handles the parser's events. */
class Reader {
  /** The reason why the text ends before the end of the page. @type {string | undefined} */
  cut;
  /** @type {Event[]} */
  events = [];
  /** Blocks in the order of their end tags, so that inner blocks come first. @type {Block[]} */
  blocks = [];
  #root = createBlock("#root", undefined, 0);
  #block = this.#root;
  #url;
  #metadata = new Metadata();
  /**
   * The open script of data: JSON-LD or TeX.
   * @type {{ isJson: boolean, text: string } | undefined}
   */
  #script;
  /**
   * Labels of footnotes, such as "1". The key is the id of the footnote.
   * @type {Map<string, string>}
   */
  #references = new Map();
  /** The ids of list items. @type {Set<string>} */
  #itemIds = new Set();
  /** The id to which the open link in a `<sup>` leads. @type {string | undefined} */
  #referredId;
  #sups = 0;
  /** The base URL of links. */
  #base;
  #hasBase = false;
  /** How many characters may still be read. */
  #left;
  #title = new PageTitle();
  /** Characters of prose so far, without the prose of threads. See `isThread()`. */
  #prose = 0;
  /** Open elements. @type {{ name: string, block: Block | undefined, hasEvent: boolean }[]} */
  #open = [];
  /** Number of elements that were open when the reader began to skip a hidden element. */
  #skippedAt = Infinity;
  /** Numbers of open links and headings. */
  #links = 0;
  #headings = 0;

  /** @param {{ url: string, max_chars: number }} options */
  constructor({ url, max_chars }) {
    this.#url = url;
    this.#base = shortBase(url);
    this.#left = max_chars + CHUNK;
  }

  result() {
    const known = this.#metadata.summary();
    const { title, blocks: titleBlocks } = this.#title.choose(known);
    this.#closeBlock(this.#root);
    const { events, blocks, cut } = this;
    const [about, next] = [this.#metadata.line(this.#url), this.#metadata.next(this.#url)];
    const page = { title, about, next, titleBlocks, known };
    const notes = new Map([...this.#references].filter(([id]) => this.#itemIds.has(id)));
    const [base, root, prose] = [this.#base, this.#root, this.#prose];
    return { ...page, base, notes, events, blocks, root, prose, cut };
  }

  /** @param {string} name @param {Attributes} attributes */
  onopentag(name, attributes) {
    const element = { name, block: /** @type {Block | undefined} */ (undefined), hasEvent: false };
    this.#open.push(element);
    if (this.#open.length > MAX_DEPTH) this.cut ??= "what follows is nested too deeply";
    if (this.events.length > MAX_EVENTS) this.cut ??= "what follows has too many elements";
    if (this.cut || this.#open.length > this.#skippedAt) return;
    if (ABOUT.has(name)) this.#metadata.element(name, attributes);
    if (name === "script") this.#script = scriptOf(attributes);
    if (this.#isSkipped(name, attributes)) {
      this.#skippedAt = this.#open.length;
      return;
    }
    if (name === "a") this.#openLink(attributes);
    if (name === "sup") this.#sups += 1;
    if (name === "li" && attributes.id) this.#itemIds.add(attributes.id);
    if (HEADINGS.test(name)) this.#headings += 1;
    if (name === "base") this.#setBase(attributes.href);
    if (PLAIN.has(name)) return;
    element.hasEvent = true;
    // A custom element is not a block, because many custom elements are inline, such as formulas.
    if (BLOCKS.has(name)) element.block = this.#openBlock(name, attributes);
    this.events.push({ name, attributes, block: element.block });
    // The attribute `alttext` has the formula as TeX. Skip the inner elements, which repeat the
    // formula.
    if (name === "math" && attributes.alttext) this.#skippedAt = this.#open.length;
  }

  /** @param {Attributes} attributes */
  #openLink({ href }) {
    this.#links += 1;
    this.#block.isHome ||= pageUrl(href, this.#base)?.replace(/^\w+:\/\/[^/]*/, "") === "/";
    const isReference = this.#sups > 0 && href?.startsWith("#");
    this.#referredId = isReference ? href?.slice(1) : undefined;
  }

  /** Reads the data of a script. */
  #closeScript() {
    const { isJson, text } = this.#script ?? {};
    this.#script = undefined;
    if (isJson) this.#metadata.json(text ?? "");
    else if (text?.trim()) this.events.push(`$${text.trim()}$`);
  }

  /**
   * Sets the base of links. As in browsers, only the first `<base>` counts.
   * @param {string | undefined} href
   */
  #setBase(href) {
    const base = this.#hasBase ? undefined : pageUrl(href, this.#base);
    if (base === undefined) return;
    this.#base = base;
    this.#hasBase = true;
  }

  /** @param {string} name @param {Attributes} attributes */
  #openBlock(name, attributes) {
    const block = createBlock(name, this.#block, this.events.length);
    block.kind = kindOf(name, attributes);
    block.isInContent ||= name === "article" || block.kind === "main";
    block.before = this.#prose;
    this.#block = block;
    return block;
  }

  onclosetag() {
    const element = this.#open.pop();
    const wasSkipped = this.#open.length >= this.#skippedAt;
    if (element?.name === "script" && this.#script) this.#closeScript();
    if (this.#open.length < this.#skippedAt) this.#skippedAt = Infinity;
    if (!element?.hasEvent || wasSkipped) return;
    if (element.name === "a") this.#links -= 1;
    if (element.name === "sup") this.#sups -= 1;
    if (HEADINGS.test(element.name)) {
      this.#headings -= 1;
      this.#title.closeHeading(element.block);
    }
    this.events.push(undefined);
    if (element.block) this.#closeBlock(element.block);
  }

  /** @param {Block} block */
  #closeBlock(block) {
    block.end = this.events.length;
    this.blocks.push(block);
    this.#prose += proseOf(block);
    block.isThread = isThread(block, this.#prose - block.before);
    if (block.isThread) this.#prose = block.before;
    if (block.parent) this.#block = block.parent;
  }

  /** @param {string} text */
  ontext(text) {
    if (this.#script && this.#script.text.length < MAX_SCRIPT) this.#script.text += text;
    if (this.#skippedAt !== Infinity || this.cut) return;
    if (this.#open.at(-1)?.name === "title") return this.#title.add(text);
    this.events.push(text);
    this.#left -= text.length;
    if (this.#left <= 0) this.cut = "it is long";
    const chars = weighed(text);
    this.#block.chars += chars;
    if (this.#links > 0) this.#block.linked += chars;
    if (chars >= MIN_WITH_COMMAS) this.#block.commas += text.match(COMMAS)?.length ?? 0;
    if (this.#referredId !== undefined) this.#addReference(text);
    if (this.#headings > 0) this.#title.addHeading(text);
  }

  /**
   * Keeps the label of a footnote: a number or a sign, often in brackets.
   * @param {string} text
   */
  #addReference(text) {
    const label = /^\s*\[?([\w*†‡]{1,5})\]?\s*$/u.exec(text.slice(0, 20))?.[1];
    const id = this.#referredId ?? "";
    if (label && !this.#references.has(id)) this.#references.set(id, label);
    this.#referredId = undefined;
  }

  /** @param {string} name @param {Attributes} attributes */
  #isSkipped(name, { hidden, role, style, class: classes, "aria-hidden": aria }) {
    // Read `<html>` and `<body>` even if they are hidden. Some pages hide them until a script shows
    // the page.
    if (name === "html" || name === "body") return false;
    if (SKIPPED.has(name)) return true;
    // Read a button at the start of a heading. Such a button has the heading's text, and unfolds
    // the section.
    if (CONTROLS.has(name)) {
      return name !== "button" || this.#headings === 0 || this.#block.chars > 0;
    }
    if (role !== undefined && SKIPPED_ROLES.has(role.toLowerCase())) return true;
    if (classes !== undefined && SCREEN_READERS.test(classes)) return true;
    return hidden !== undefined || aria === "true" || (style !== undefined && HIDING.test(style));
  }
}

/**
 * Returns the number of characters, without white space at the ends. A character of `IDEOGRAPHS`
 * counts as four.
 * @param {string} text
 */
function weighed(text) {
  const { length } = text.trim();
  if (length === 0 || /^[\0-\u02ff]*$/.test(text)) return length;
  return length + IDEOGRAPH_WEIGHT * (text.match(IDEOGRAPHS)?.length ?? 0);
}
