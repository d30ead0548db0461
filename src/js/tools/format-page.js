// Writes the output of `webFetch`: the requested part of a page between markers, and a line that
// says how to get the next part.

import { singleLine, wrap } from "./untrusted.js";
import { visible } from "./visible.js";

/**
 * A page that was read.
 * @typedef {object} Page
 * @property {string} url after redirects
 * @property {string} title
 * @property {string} about site, author and dates, as far as they are known
 * @property {string} text
 * @property {string[]} limits reasons why the text ends before the end of the page
 * @property {string} obstacle the result of `describeObstacle()` in obstacles.js
 */

/**
 * Minimum length of a part, as a share of `max_chars`. A part ends at the end of a line or a word.
 * If this end would make the part shorter than the minimum, the part ends at `max_chars`.
 */
const MIN_PART = 0.8;

/**
 * @param {Page} page
 * @param {{ url: string, offset: number }} request the URL and the offset of the call
 * @param {number} max_chars
 */
export function formatPage(page, { url: asked, offset }, max_chars) {
  const { url, text } = page;
  const title = singleLine(page.title, 300);
  if (offset > 0 && offset >= text.length) {
    throw new Error(`${singleLine(url, 500)} has ${shown(text.length)} characters in all`);
  }
  const end = endOfPart(text, offset, max_chars);
  // Do not repeat what the model already has: the URL that it requested, and, in later parts, the
  // title and the metadata.
  const moved = url === asked ? "" : `URL: ${url}`;
  // Repeat `about` in each part of a page without a title. In a table, `about` contains the names
  // of the columns.
  const about = (offset === 0 || title === "") && singleLine(page.about, 2000);
  const lines = [offset === 0 && title && `# ${title}`, moved, about].filter(Boolean);
  const head = lines.length > 0 ? `${lines.join("\n")}\n\n` : "";
  // The core takes an empty line at the end for a page without text, so remove invisible paragraphs
  // from the end.
  const part = visible(text.slice(offset, end).replace(/^[\udc00-\udfff]/, "")).trimEnd();
  return {
    content: wrap("page", "", head + part, afterPart(page, offset, end)),
    sources: [{ url, title }],
    summary: title || singleLine(url, 500),
  };
}

/** @param {number} count */
const shown = (count) => count.toLocaleString("en");

/**
 * Returns where a part ends: at the end of a line or a word, and not inside a surrogate pair.
 * @param {string} text
 * @param {number} begin
 * @param {number} max_chars
 */
function endOfPart(text, begin, max_chars) {
  const end = begin + max_chars;
  if (end >= text.length) return text.length;
  const least = begin + Math.ceil(MIN_PART * max_chars);
  for (const sign of ["\n\n", "\n", " "]) {
    const at = text.lastIndexOf(sign, end - sign.length);
    if (at >= least) return at + sign.length;
  }
  return /[\ud800-\udbff]/.test(text[end - 1] ?? "") && max_chars > 1 ? end - 1 : end;
}

/**
 * Returns the sentences that follow a part, or "". They say why the text ends, and how to get the
 * next part.
 * @param {Page} page
 * @param {number} begin
 * @param {number} end
 */
function afterPart({ text, limits, obstacle }, begin, end) {
  if (text === "" && limits.length === 0) {
    return obstacle || "The page has no text; it may need JavaScript to show any.";
  }
  const isPart = begin > 0 || end < text.length;
  const range = `${shown(begin + 1)} to ${shown(end)} of ${shown(text.length)}`;
  const sentences = [];
  const why = [...(isPart ? [`these are characters ${range}`] : []), ...limits].join("; ");
  if (end < text.length) {
    sentences.push(`The page goes on: ${why}.`);
    sentences.push(`To read on, open the same URL with the offset ${end}.`);
  } else if (limits.length > 0) {
    sentences.push(`The page goes on: ${why}.`);
  } else if (isPart) {
    sentences.push(`The page ends here: ${why}.`);
  }
  return [...sentences, ...(obstacle ? [obstacle] : [])].join(" ");
}
