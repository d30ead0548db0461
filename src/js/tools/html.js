// Converts HTML to Markdown: reads the page, chooses its main content, and writes the content.

import { readHtml } from "./html-reader.js";
import { chooseMain } from "./main-content.js";
import { MarkdownWriter } from "./markdown-writer.js";
import { describeObstacle } from "./obstacles.js";
import { trim } from "./trim.js";

/**
 * @typedef {object} Converted
 * @property {string} title
 * @property {string} about a line of site, author and dates, or ""
 * @property {string} text
 * @property {string | undefined} [cut] the reason why the text ends before the end of the page
 * @property {string} [obstacle] the result of `describeObstacle()` in obstacles.js
 */

/**
 * @param {string} html
 * @param {{ url: string, max_chars: number }} options
 * @returns {Converted}
 */
export function toMarkdown(html, { url, max_chars }) {
  const page = readHtml(html, { url, max_chars });
  const ranges = chooseMain(page);
  // The output has the title above the text, so do not write it again.
  for (const block of page.titleBlocks) block.isDropped = true;
  trim(page.events, ranges, page);
  const writer = new MarkdownWriter(page);
  for (const { begin, end } of ranges) writer.write(begin, end);
  const { title, about, next, cut } = page;
  const { text } = writer;
  return { title, about, text, cut, obstacle: describeObstacle({ title, text, next }) };
}
