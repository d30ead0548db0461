// The text of a PDF. Runs in a worker, see pdf-worker.js.
import { getDocument } from "unpdf/pdfjs";

const MAX_PAGES = 500;
const MAX_MS = 30_000;

/**
 * Reads pages until the text has `maxChars` characters, or until 30 s have passed.
 * @returns `{ text, pages, read }`; `read` is the number of pages that were read
 */
export async function readPdf(data, maxChars) {
  const task = getDocument({ data, isEvalSupported: false, useSystemFonts: true, verbosity: 0 });
  try {
    const document = await task.promise;
    const { numPages } = document;
    const texts = [];
    let chars = 0;
    const began = performance.now();
    const isOver = () => chars > maxChars || performance.now() - began > MAX_MS;
    for (let nth = 1; nth <= Math.min(numPages, MAX_PAGES) && !isOver(); nth += 1) {
      const page = await document.getPage(nth);
      const { items } = await page.getTextContent();
      const text = items.map(({ str = "", hasEOL }) => str + (hasEOL ? "\n" : "")).join("");
      texts.push(text);
      chars += text.length;
      page.cleanup();
      // Lets the page react between two pages of the document.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return { text: texts.join("\n\n"), pages: numPages, read: texts.length };
  } finally {
    task.destroy();
  }
}
