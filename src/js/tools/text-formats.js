// Formats texts that are not HTML, so that a model can read them in parts. Feeds become lists. JSON
// and XML without line breaks get line breaks. Other texts stay unchanged.

import { feedToMarkdown, isFeed } from "./feed.js";

/** @typedef {{ title: string, about: string, text: string }} Formatted */

/** Maximum length of a line. If JSON or XML has a longer line, the text gets line breaks. */
const MAX_LINE = 1000;
/** A list or an object with fewer characters stays in one line. */
const MAX_ENTRY = 200;
/**
 * Maximum depth at which an entry gets its own line. An entry at a greater depth stays in the line
 * of its list or object.
 */
const MAX_DEPTH = 8;
const MAX_COLUMNS = 500;
/**
 * A table with fewer characters fits into one part, so the names of its columns need not be
 * repeated.
 */
const LONG_TABLE = 2000;

/**
 * @param {string} given
 * @param {string} type the media type, or ""
 * @param {string} url
 * @returns {Formatted}
 */
export function formatText(given, type, url) {
  const text = given.replaceAll("\r\n", "\n").trim();
  const feed = isFeed(text) ? feedToMarkdown(text, url) : undefined;
  if (feed) return { about: "a feed", ...feed };
  const about = type === "text/csv" ? columns(text) : "";
  return { title: "", about, text: hasLongLine(text) ? breakLines(text, type) : text };
}

/** @param {string} text */
function hasLongLine(text) {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    if ((end === -1 ? text.length : end) - at > MAX_LINE) return true;
    if (end === -1) return false;
    at = end + 1;
  }
  return false;
}

/** @param {string} text @param {string} type */
function breakLines(text, type) {
  if (/[/+]json$/.test(type)) return breakJson(text);
  return /[/+]xml$/.test(type) ? text.replace(/>\s*</g, ">\n<") : text;
}

/**
 * Returns the first line of a long table, which names the columns. Each part of the table repeats
 * this line.
 * @param {string} csv
 */
function columns(csv) {
  const [first = ""] = csv.slice(0, MAX_COLUMNS + 1).split("\n", 1);
  return csv.length < LONG_TABLE || first.length > MAX_COLUMNS ? "" : `columns ${first}`;
}

/**
 * Breaks JSON into lines. Each entry of a long list or object begins a line. Does not parse
 * numbers, so that they stay exact. If the text is not JSON, only its white space changes.
 * @param {string} text
 */
function breakJson(text) {
  const lengths = findLengths(text);
  let next = 0;
  /**
   * One entry for each open list or object. True if the list or object gets several lines.
   * @type {boolean[]}
   */
  const open = [];
  const lineBreak = () => `\n${" ".repeat(open.length)}`;
  const parts = [];
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") {
      open.push((lengths[next++] ?? 0) > MAX_ENTRY && open.length < MAX_DEPTH);
      parts.push(token, open.at(-1) ? lineBreak() : "");
    } else if (token === "}" || token === "]") {
      const isLong = open.pop();
      parts.push(isLong ? lineBreak() : "", token);
    } else {
      parts.push(token, token === "," ? (open.at(-1) ? lineBreak() : " ") : "");
      if (token === ":") parts.push(" ");
    }
  }
  return parts.join("");
}

/** A string, a bracket, a separator or another value. White space is left out. */
const TOKENS = /"(?:[^"\\]|\\[\s\S])*"?|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Returns the length of each list and object, in the order of their beginnings.
 * @param {string} text
 */
function findLengths(text) {
  /** @type {number[]} */
  const lengths = [];
  /** @type {{ index: number, begin: number }[]} */
  const open = [];
  for (const { 0: token, index: begin } of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") {
      open.push({ index: lengths.length, begin });
      lengths.push(0);
    } else if (token === "}" || token === "]") {
      const last = open.pop();
      if (last) lengths[last.index] = begin - last.begin;
    }
  }
  // A list or an object without an end counts as long.
  for (const { index } of open) lengths[index] = Infinity;
  return lengths;
}
