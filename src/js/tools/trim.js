// Drops boilerplate inside the main content. This is: cookie and browser notices, labels of
// buttons, lines that repeat the head of the output, and headings whose text was dropped. Reads the
// events of the chosen ranges once.

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
/** Maximum length of the label of a button, an advertisement or a counter. */
const MAX_LABEL = 60;
/** Maximum lengths of a line with author and date, of a date, and of an author. */
const MAX_BYLINE = 160;
const MAX_DATE = 50;
const MAX_AUTHOR = 100;
/** Maximum number of characters in paragraphs before a line with the author and the date. */
const MAX_LEAD = 400;
const HEADING = /^h[1-6]$/;
const DATA = /^(?:td|th|tr|table|pre|dt|dd)$/;

const COOKIES = /\bcookies?\b/i;
const CONSENT =
  /\b(?:we use|(?:this|our) (?:web ?)?site|by (?:continuing|using)|you (?:accept|agree|consent)|wir (?:verwenden|nutzen|setzen)|(?:diese|unsere)\w* (?:web)?(?:site|seite)|ce site|este sitio|este site|questo sito)\b/i;
const BROWSER =
  /\b(?:older|old|unsupported|outdated|veraltet\w*)\b.{0,30}\bbrowser|\bbrowser\b.{0,60}\b(?:not supported|unsupported|out ?dated|unterstützt|deprecated)|\b(?:enable|activate|turn on|aktivieren)\b.{0,30}\bjavascript|\bjavascript\b.{0,40}\b(?:disabled|deaktiviert|turned off)/i;
/** Labels of buttons, advertisements and counters. */
const LABELS = [
  "advert(?:isement|ising)?|ads?|anzeige|werbung|publicidad|publicité|pubblicità|publicidade",
  "iklan|reklama?|реклама|sponsored(?: content)?|story continues below",
  "(?:enlarge|zoom)(?: image)?|bildergalerie|key points|hauptinhalt|main content",
  "read more|continue reading|weiterlesen|mehr lesen|leer más|lire la suite",
  "(?:(?:post|leave|write|add) a |\\d+ |no )?comments?|leave a reply",
  "\\d* ?(?:kommentare?|comentarios?|commentaires?)|(?:skip|jump) to .*|zum inhalt springen",
  "share(?: this)?(?: on)?(?: (?:facebook|twitter|whatsapp|linkedin|email))?|teilen(?: mit)?",
  "tweet|permalink|print|drucken|back to top|nach oben|loading|wird geladen",
  "(?:previous|next)(?: post| article)?|post views: \\d+",
  "\\d+ ?min(?:ute)?s?(?: read)?|(?:lesezeit|reading time).{0,20}",
];
const LABEL = new RegExp(`^[^\\p{L}\\p{N}]*(?:${LABELS.join("|")})[^\\p{L}\\p{N}]*$`, "iu");
const DATE = /(?:19|20)\d\d|\b\d?\d[.:]\d\d/;
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

  /** @param {Head} head */
  constructor({ title, prose, known }) {
    this.#known = known;
    const isAboutBrowsers = COOKIES.test(title) || /javascript|browser/i.test(title);
    this.#hasNotices = prose >= MIN_PROSE && !isAboutBrowsers;
  }

  /** @param {Event[]} events @param {number} begin @param {number} end */
  read(events, begin, end) {
    this.#open.length = 0;
    for (let at = begin; at < end; at++) {
      const event = events[at];
      if (event === undefined) this.#close();
      else if (typeof event === "string") this.#text(event);
      else if (event.block?.isDropped) {
        at = event.block.end - 1;
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
    const own = text.replace(/\s+/g, " ").trim();
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
    if (own.length <= MAX_LABEL && LABEL.test(own)) return true;
    if (!this.#hasNotices) return false;
    return (COOKIES.test(own) && CONSENT.test(own)) || BROWSER.test(own);
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
  const isLine = kind === "byline" && author !== "";
  if (hasDate && (isDate(own) || (isLine && DATE.test(own)))) return true;
  if (author === "" || own.length > MAX_AUTHOR) return false;
  const hasAuthor = own.toLowerCase().includes(author.replace(/^by\s+/i, "").toLowerCase());
  return hasAuthor || (hasDate && BY.test(own));
}

/** @param {string} own */
const isDate = (own) =>
  own.length <= MAX_DATE && DATE.test(own) && (own.match(/\p{L}{2,}/gu) ?? []).length <= 4;
