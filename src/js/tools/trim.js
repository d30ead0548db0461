// Drops boilerplate inside the main content. This is: cookie and browser notices, labels of
// buttons, lines that repeat the head of the output, and headings whose text was dropped. Reads the
// events of the chosen ranges once.

import {
  hasDate as hasDateIn,
  isAboutBrowsers,
  isCommentsName,
  isDate,
  isLabel,
  isListName,
  isNotice,
  MAX_LABEL,
} from "./boilerplate-texts.js";

/** @typedef {import("./html-reader.js").Block} Block */
/** @typedef {import("./html-reader.js").Event} Event */

/**
 * Data about the page. The head of the output contains the title, the author and the date.
 * @typedef {object} Head
 * @property {string} title
 * @property {number} prose characters of prose in the page
 * @property {{ author: string, hasDate: boolean }} known
 */

/** Maximum length of a cookie or browser notice. */
const MAX_NOTICE = 400;
/**
 * If a page has fewer characters in paragraphs, notices stay, because the page is probably a
 * consent wall.
 */
const MIN_PROSE = 500;
/** Maximum length of the lines with the author and the date. */
const MAX_BYLINE = 160;
const MAX_AUTHOR = 100;
/** Maximum number of characters in paragraphs before a line with the author and the date. */
const MAX_LEAD = 400;
/**
 * In a list of other pages: maximum share of the page's prose in one block, and minimum share of
 * links in a text.
 */
const MAX_LISTED_SHARE = 0.3;
const MIN_LISTED_LINKS = 0.1;
/** Minimum share of the page's prose before a section of other pages. */
const MIN_BEFORE_SECTION = 0.5;
const HEADING = /^h[1-6]$/;
const PARAGRAPH = /^(?:p|pre|blockquote|table)$/;
const DATA = /^(?:td|th|tr|table|pre|dt|dd)$/;

/** Matches the beginning of a line with the author. */
const BY = /^(?:by|von|par|por|di|door|av|autor(?:in)?|author|text|words)\b:? \p{Lu}/iu;

/**
 * @param {Event[]} events
 * @param {{ begin: number, end: number }[]} ranges
 * @param {Head} head
 */
export function trim(events, ranges, head) {
  const trimmer = new Trimmer(head);
  for (const { begin, end } of ranges) trimmer.read(events, begin, end);
  trimmer.end();
}

class Trimmer {
  #known;
  #hasNotices;
  #prose;
  /**
   * Open elements. `text` is the text of a block without its inner blocks.
   * @type {{ block: Block | undefined, text: string }[]}
   */
  #open = [];
  /** The last heading. @type {Block | undefined} */
  #heading;
  /**
   * Whether text has followed the last heading, and whether a block after the heading was dropped.
   */
  #hasText = true;
  #hasDropped = false;
  /**
   * The open list of other pages: its name, and the block whose inner blocks are the list.
   * @type {{ name: Block, parent: Block, found: number, isOfComments: boolean } | undefined}
   */
  #list;

  /** @param {Head} head */
  constructor({ title, prose, known }) {
    this.#known = known;
    this.#hasNotices = prose >= MIN_PROSE && !isAboutBrowsers(title);
    this.#prose = prose;
  }

  /** @param {Event[]} events @param {number} begin @param {number} end */
  read(events, begin, end) {
    this.#open.length = 0;
    this.#list = undefined;
    for (let at = begin; at < end; at++) {
      const event = events[at];
      if (event === undefined) this.#close();
      else if (typeof event === "string") this.#text(event);
      else if (event.block?.isDropped) {
        at = event.block.end - 1;
        this.#hasDropped = true;
      } else if (event.block && this.#isListed(event.block)) {
        at = event.block.end - 1;
        event.block.isDropped = true;
        this.#hasDropped = true;
      } else this.#openElement(event);
    }
  }

  end() {
    if (this.#heading && !this.#hasText && this.#hasDropped) this.#heading.isDropped = true;
  }

  /** @param {import("./html-reader.js").Opened} opened */
  #openElement({ name, attributes, block }) {
    this.#open.push({ block, text: "" });
    if (name === "img" && attributes.alt) this.#hasText = true;
    if (!block || !HEADING.test(name)) return;
    // A heading of a lower level, such as `<h3>` after `<h2>`, does not end the section.
    if (this.#heading && this.#heading.name >= name) this.end();
    this.#heading = block;
    this.#hasText = false;
    this.#hasDropped = false;
  }

  /** @param {string} text */
  #text(text) {
    // `findLast()` checks only a few elements. It begins at the innermost element, and few inline
    // elements are inside each other.
    const last = this.#open.findLast(({ block }) => block);
    if (!last) this.#hasText ||= text.trim() !== "";
    else if (last.text.length <= MAX_NOTICE) last.text += text.slice(0, MAX_NOTICE + 1);
  }

  #close() {
    const { block, text = "" } = this.#open.pop() ?? {};
    if (!block) return;
    if (block === this.#list?.parent) this.#closeListed(block);
    const own = text.replace(/\s+/g, " ").trim();
    if (block.parent && !DATA.test(block.name) && block.sums.prose === 0) {
      const isOfComments = block.before >= MIN_PROSE && isCommentsName(own);
      if (isOfComments || isListName(own)) {
        this.#list = { name: block, parent: block.parent, found: 0, isOfComments };
      }
    }
    if (own !== "" && !DATA.test(block.name) && this.#isNeedless(block, own)) {
      block.isDropped = true;
      this.#hasDropped = true;
    } else if (own !== "" && !HEADING.test(block.name)) this.#hasText = true;
  }

  /**
   * @param {Block} block
   * @param {string} own the text of the block, without the text of inner blocks
   */
  #isNeedless(block, own) {
    if (own.length > MAX_NOTICE) return false;
    if (isByline(block, own, this.#known)) return true;
    // Keep a block if its inner blocks have much text or a heading.
    if (block.sums.chars > own.length + MAX_LABEL || block.sums.hasHeading) return false;
    if (isLabel(own)) return true;
    return this.#hasNotices && isNotice(own);
  }

  /**
   * Returns whether a block is part of the open list of other pages. The list ends with a heading
   * of the same level, and with a paragraph of text without links.
   * @param {Block} block
   */
  #isListed(block) {
    const list = this.#list;
    if (!list || block.parent !== list.parent) return false;
    const isHeaded = HEADING.test(list.name.name);
    const isNext = isHeaded && HEADING.test(block.name) && block.name <= list.name.name;
    if (isNext || block.sums.hasMain || !(list.isOfComments || this.#isAboutPages(block, list))) {
      this.#list = undefined;
      return false;
    }
    list.found += block.sums.chars;
    list.name.isDropped = true;
    return true;
  }

  /**
   * Returns whether a block is about other pages: links, or short texts with links or headings.
   * @param {Block} block
   * @param {{ name: Block, found: number }} list
   */
  #isAboutPages({ name, sums }, list) {
    const hasLinks = sums.linked >= MIN_LISTED_LINKS * sums.chars;
    if (PARAGRAPH.test(name) && sums.prose > 0 && !hasLinks) return false;
    // A section with a heading is about other pages, also if its texts have no links.
    const isSection = HEADING.test(list.name.name);
    if (isSection && list.name.before >= MIN_BEFORE_SECTION * this.#prose) return true;
    if (sums.linked === 0 && list.found === 0) return false;
    if (sums.prose > MAX_LISTED_SHARE * this.#prose) return false;
    return sums.prose === 0 || sums.hasHeading || hasLinks;
  }

  /**
   * Ends the open list at the end of its parent. If only the name was in the parent, the list goes
   * on after the parent.
   * @param {Block} block
   */
  #closeListed(block) {
    const { parent } = block;
    if (!this.#list) return;
    if (this.#list.found > 0 || !parent || block.sums.chars > MAX_LABEL) this.#list = undefined;
    else this.#list.parent = parent;
  }
}

/**
 * Returns whether a block above the article contains only the author and the date, which the head
 * of the output has too.
 * @param {Block} block
 * @param {string} own
 * @param {Head["known"]} known
 */
function isByline({ kind, name, sums, before }, own, { author, hasDate }) {
  if (before > MAX_LEAD || name === "h1" || sums.prose > 0 || sums.chars > MAX_BYLINE) return false;
  if (sums.hasHeading && !HEADING.test(name)) return false;
  const others = HEADING.test(name) || name === "li" ? 0 : 1;
  const isLine = kind === "byline" && author !== "";
  if (hasDate && (isDate(own, others) || (isLine && hasDateIn(own)))) return true;
  if (author === "" || own.length > MAX_AUTHOR) return false;
  const hasAuthor = own.toLowerCase().includes(author.replace(/^by\s+/i, "").toLowerCase());
  return hasAuthor || (hasDate && BY.test(own));
}
