// Converts HTML to Markdown: reads the page, chooses its main content and writes that.

import { readHtml } from "./html-reader.js";
import { chooseMain } from "./main-content.js";
import { MarkdownWriter } from "./markdown-writer.js";

/**
 * @param {string} html
 * @param {{ url: string, max_chars: number }} options
 * @returns {{ title: string, about: string, text: string, cut?: string | undefined }} `about`: a
 *   line of site, author and dates; `cut`: why the text ends before the page does
 */
export function toMarkdown(html, { url, max_chars }) {
  const page = readHtml(html, { url, max_chars });
  const ranges = chooseMain(page);
  // The title stands above the text.
  if (page.titleBlock) page.titleBlock.isDropped = true;
  const writer = new MarkdownWriter(page);
  for (const { begin, end } of ranges) writer.write(page.events, begin, end);
  const { title, about, cut } = page;
  return { title, about, text: writer.text, cut };
}
