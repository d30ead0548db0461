// Finds the title of a page. A page may have the title in `<title>`, in metadata and in a heading.
// If a heading repeats the title, the heading's text is used as the title, and the heading is not
// written a second time.

/** @typedef {import("./html-reader.js").Block} Block */

const MAX_TITLE = 300;
/** Maximum number of headings, to limit memory. */
const MAX_HEADINGS = 200;
/**
 * A heading that is part of a title is the page's title if it has at least this share of the
 * title's length.
 */
const MIN_SHARE = 0.4;
/** An `<h1>` is the page's title if at least this share of its words is in a title. */
const MIN_COMMON = 0.6;
/**
 * Minimum length of a title's part that is searched for in headings. A shorter part is in many
 * headings by chance.
 */
const MIN_PART = 15;
/** Matches what separates the parts of a title, such as the page's name and the site's name. */
const SEPARATORS = /\s+[^\p{L}\p{N}\s]{1,3}\s+|[|»«·•]|:\s/u;

/** @param {string} text */
const oneLine = (text) => text.replace(/\s+/g, " ").trim();
/** @param {string} text */
const toKey = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
/** @param {string} text */
const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

export class PageTitle {
  #text = "";
  /** The text of the open heading. */
  #heading = "";
  /** @type {{ text: string, key: string, level: string, block: Block }[]} */
  #headings = [];

  /** @param {string} text of `<title>` */
  add(text) {
    if (this.#text.length < MAX_TITLE) this.#text += text.slice(0, MAX_TITLE);
  }

  /** @param {string} text of the open heading */
  addHeading(text) {
    if (this.#heading.length < MAX_TITLE) this.#heading += text.slice(0, MAX_TITLE);
  }

  /** @param {Block | undefined} block */
  closeHeading(block) {
    const text = oneLine(this.#heading);
    this.#heading = "";
    if (!block || text === "" || this.#headings.length >= MAX_HEADINGS) return;
    this.#headings.push({ text, key: toKey(text), level: block.name, block });
  }

  /**
   * Returns the title, and the headings that repeat it.
   * @param {{ title?: string | undefined, site?: string | undefined }} about the metadata
   */
  choose({ title: meta = "", site = "" }) {
    const text = withoutSite(oneLine(this.#text), site);
    const titles = [text, withoutSite(oneLine(meta).slice(0, MAX_TITLE), site)].filter(Boolean);
    const headings = this.#headings.filter(({ block }) => !block.isHome);
    const mains = headings.filter(({ level }) => level === "h1");
    const own =
      headings.find((heading) => titles.some((title) => isTitle(heading, title))) ??
      mains.find(({ text }) => mains.length === 1 && titles.some((title) => isAlike(text, title)));
    const blocks = this.#headings.filter(({ key }) => key === own?.key).map(({ block }) => block);
    return { title: own?.text ?? (titles[0] || this.#headings[0]?.text || ""), blocks };
  }
}

/**
 * Returns a title without the name of the site at its end.
 * @param {string} title
 * @param {string} site
 */
function withoutSite(title, site) {
  const parts = title.split(SEPARATORS);
  const last = parts.at(-1) ?? "";
  if (parts.length < 2 || site === "" || toKey(last) !== toKey(site)) return title;
  return title.slice(0, title.length - last.length).replace(/[^\p{L}\p{N})\]!?.'"”’…]+$/u, "");
}

/**
 * Returns whether the text of the page's only `<h1>` resembles the text of its `<title>`. The
 * `<h1>` must have at least three words, and both must share a word of more than three letters.
 * @param {string} text
 * @param {string} title
 */
function isAlike(text, title) {
  const known = new Set(wordsOf(title));
  const words = wordsOf(text);
  return words.length > 2 && words.some((word) => word.length > 3 && known.has(word));
}

/**
 * Returns whether a heading is the page's title. `title` is the title in `<title>` or in metadata.
 * @param {{ text: string, key: string, level: string }} heading
 * @param {string} title
 */
function isTitle({ text, key, level }, title) {
  if (key === "") return false;
  const whole = toKey(title);
  if (whole.includes(key)) {
    if (text.length >= MIN_SHARE * title.length) return true;
    if (title.split(SEPARATORS).some((part) => toKey(part) === key)) return level === "h1";
  }
  if (level !== "h1") return false;
  const first = toKey(title.split(SEPARATORS)[0] ?? "");
  if (first.length >= MIN_PART && key.includes(first)) return true;
  const [words, known] = [wordsOf(text), new Set(wordsOf(title))];
  const common = words.filter((word) => known.has(word)).length;
  return words.length > 2 && common >= MIN_COMMON * words.length;
}
