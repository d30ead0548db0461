// The text of a PDF. Runs in a worker, see pdf-worker.js.
import { getDocument } from "unpdf/pdfjs";

const MAX_PAGES = 500;
const MAX_MS = 30_000;

/**
 * Reads until the text has more than `maxChars` characters, or until 30 s have passed.
 * @returns `{ text, pages, read }`; `read` is the number of pages that were read, the last one
 *   perhaps in part. `text` has at most `maxChars + 1` characters; the last one shows that the
 *   text is longer than `maxChars`
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
      const text = await readPage(page, (length) => chars + length > maxChars || isOver());
      texts.push(text);
      chars += text.length;
      page.cleanup();
      // Lets the page react between two pages of the document.
      await new Promise((resolve) => setTimeout(resolve));
    }
    const text = texts.join("\n\n").slice(0, maxChars + 1);
    return { text, pages: numPages, read: texts.length };
  } finally {
    task.destroy();
  }
}

/**
 * Returns the text of a page.
 * @param isEnough `(length)` returns whether a text of this length is enough
 */
async function readPage(page, isEnough) {
  const reader = page.streamTextContent().getReader();
  let text = "";
  while (!isEnough(text.length)) {
    const { value, done } = await reader.read();
    if (done) return text;
    text += value.items.map(({ str = "", hasEOL }) => str + (hasEOL ? "\n" : "")).join("");
  }
  // The promise of `cancel()` may settle late, and its outcome does not matter.
  reader.cancel(new Error("The text is long enough.")).catch(() => {});
  return text;
}
