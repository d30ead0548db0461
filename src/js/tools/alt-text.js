// Chooses which `alt` texts of images appear in the Markdown. Leaves out names of files, texts in
// the title, and texts that the page repeats after the image. Also leaves out the `alt` text of an
// image with a caption.

/** @typedef {import("./html-reader.js").Event} Event */

const MAX_ALT = 300;
/** How far after an image its `alt` text is searched for, in events and in characters. */
const MAX_EVENTS = 40;
const MAX_TEXT = 400;
/** Maximum number of remembered texts, to limit memory. Pages rarely have more than 100 of them. */
const MAX_SEEN = 2000;
/**
 * Minimum length of a text that is compared with the title. A shorter text is in many titles by
 * chance.
 */
const MIN_IN_TITLE = 12;
/** Minimum number of words of a text that is compared with the title, and their minimum share. */
const MIN_WORDS = 4;
const MIN_IN_COMMON = 0.6;
/**
 * Matches a file name or an address: a text without blanks that has a dot, a dash or an underscore.
 */
const FILE_NAME = /^\S*[._-]\S*$|\.(?:jpe?g|png|gif|webp|svg|avif)$/i;
/** Texts that could describe any image. */
const GENERIC =
  /^(?:\S+ ){0,3}logo$|^bookmark and share$|^(?:google play|app|itunes)(?: store)?$|^(?:new )?call[- ]to[- ]action$|^header(?: (?:icon|image|banner))?$|^(?:an? )?(?:image|photo|picture|screenshot|logo|icon|avatar|figure|thumbnail|zoom|line|spacer|banner|bild|foto|imagen|imagem|immagine)(?: ?\d+)?$/i;

export class AltTexts {
  /** @type {Set<string>} */
  #seen = new Set();
  #title;
  /** @type {Set<string>} */
  #titleWords;

  /** @param {string} title of the page */
  constructor(title) {
    this.#title = toKey(title);
    this.#titleWords = new Set(wordsOf(title));
  }

  /**
   * Returns the text to write for an image, or "" if its `alt` text is to be left out.
   * @param {string} alt
   * @param {Event[]} events
   * @param {number} at index of the image
   */
  choose(alt, events, at) {
    const text = alt
      .slice(0, 2 * MAX_ALT)
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, MAX_ALT);
    const key = toKey(text);
    if (key === "" || this.#seen.has(key) || FILE_NAME.test(text) || GENERIC.test(text)) return "";
    if (this.#seen.size < MAX_SEEN) this.#seen.add(key);
    const isInTitle = key.length >= MIN_IN_TITLE && this.#title.includes(key);
    const hasTitle = this.#title.length >= MIN_IN_TITLE && key.includes(this.#title);
    return isInTitle || hasTitle || this.#isLikeTitle(text) || isSaidAfter(key, events, at)
      ? ""
      : text;
  }

  /**
   * Returns whether most words of a text are in the title.
   * @param {string} text
   */
  #isLikeTitle(text) {
    const words = wordsOf(text);
    const common = words.filter((word) => this.#titleWords.has(word)).length;
    return words.length >= MIN_WORDS && common >= MIN_IN_COMMON * words.length;
  }
}

/**
 * Returns whether the image has a caption, or whether the text after the image begins with the
 * `alt` text.
 * @param {string} key
 * @param {Event[]} events
 * @param {number} at
 */
function isSaidAfter(key, events, at) {
  let text = "";
  for (let i = at + 2; i < Math.min(events.length, at + MAX_EVENTS); i++) {
    const event = events[i];
    if (typeof event === "string") text += event.slice(0, MAX_TEXT);
    else if (event?.name === "figcaption" || isCaption(event)) return true;
    else if (event?.name === "figure" || event?.name === "img") break;
    if (text.length > MAX_TEXT) break;
  }
  return toKey(text)
    .slice(0, key.length + 40)
    .includes(key);
}

/** @param {Event} event */
const isCaption = (event) =>
  typeof event === "object" && /\bcaption/i.test(event.attributes.class ?? "") && event.block;

/** @param {string} text */
const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
/** @param {string} text */
const toKey = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
