// Finds a quote in the rendered text of a reply. The core has found the quote in the reply's
// Markdown. The rendered text has no Markdown characters.

import { formulaOf } from "./markdown-dom.js";

const ASCII = {
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "«": '"',
  "»": '"',
  "–": "-",
  "—": "-",
  "‑": "-",
  "…": "...",
};

/**
 * Maximum length of a quote. For each character of the text, the search may take as many steps as
 * the quote has characters.
 */
const MAX_QUOTE_CHARS = 5_000;

/**
 * Returns the text in lower case, without white space and Markdown characters. Replaces typographic
 * variants.
 */
function normalize(text) {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[‘’“”„«»–—‑…]/g, (character) => ASCII[character])
    .replace(/[\s*_`~\\]+/g, "");
}

/** Returns the Range of the quote, or null if it is not found. */
export function findQuote(root, quote) {
  const wanted = normalize(quote);
  if (!wanted || wanted.length > MAX_QUOTE_CHARS) return null;
  const { text, places } = readText(root);
  const start = text.indexOf(wanted);
  if (start < 0) return null;
  const first = places[start];
  const last = places[start + wanted.length - 1];
  const range = document.createRange();
  range.setStart(first.node, first.start);
  range.setEnd(last.node, last.end);
  return range;
}

/**
 * Returns the normalized text, and the place of each of its characters in the document. For a
 * formula, the text contains the LaTeX source, because quotes contain the source and not the
 * rendered signs.
 */
function readText(root) {
  const places = [];
  let text = "";
  const add = (characters, place) => {
    const normalized = normalize(characters);
    for (let nth = 0; nth < normalized.length; nth += 1) places.push(place);
    text += normalized;
  };
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL, (node) =>
    node.matches?.("button, .code-head") || node.parentElement?.matches(".math")
      ? NodeFilter.FILTER_REJECT
      : NodeFilter.FILTER_ACCEPT,
  );
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      let start = 0;
      for (const character of node.data) {
        const end = start + character.length;
        add(character, { node, start, end });
        start = end;
      }
    } else if (formulaOf(node)) {
      add(formulaOf(node).source, { node, start: 0, end: node.childNodes.length });
    }
  }
  return { text, places };
}
