// Where a quote stands in a text on the page. The core has verified it against the reply as Markdown; here it is found in what became of that.

/** A quote as it reads: without what Markdown and typography add. */
const EQUAL = { "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-", "…": "..." };
const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/[‘’“”„«»–—‑…]/g, (c) => EQUAL[c]).replace(/[\s*_`~\\]+/g, "");

/** @returns a Range, or null where it cannot be found */
export function findQuote(root, quote) {
  const wanted = plain(quote);
  if (!wanted) return null;
  const places = [];
  let read = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) => (node.parentElement.closest("button, .code-head") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    let at = 0;
    for (const character of node.data) {
      const as = plain(character);
      for (let nth = 0; nth < as.length; nth += 1) places.push([node, at, at + character.length]);
      read += as;
      at += character.length;
    }
  }
  const start = read.indexOf(wanted);
  if (start < 0) return null;
  const range = document.createRange();
  range.setStart(places[start][0], places[start][1]);
  const [last, , end] = places[start + wanted.length - 1];
  range.setEnd(last, end);
  return range;
}
