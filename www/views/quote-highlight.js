// Highlights quotes in the cards with the CSS Custom Highlight API. The API does not change the
// DOM, so a text can grow while it is highlighted.
// https://developer.mozilla.org/docs/Web/API/CSS_Custom_Highlight_API
import { findQuote } from "../text/find-quote.js";

const isSupported = typeof Highlight === "function" && CSS.highlights;

/**
 * Highlights quotes. Call `clearQuoteHighlight()` first.
 * @param entries `[{ text, scroller, card, quote }]`; `text` is the element with the reply
 * @returns the entries whose quote was found, in the given order
 */
export function highlightQuotes(entries) {
  const found = entries.flatMap(({ quote, ...place }) => {
    const range = findQuote(place.text, quote);
    return range ? [{ ...place, range }] : [];
  });
  if (isSupported) CSS.highlights.set("quote", new Highlight(...found.map(({ range }) => range)));
  for (const { card } of entries) {
    card.dataset.highlight = found.some((entry) => entry.card === card) ? "found" : "missing";
  }
  const scrollAll = () => found.toReversed().forEach(scrollToRange);
  scrollAll();
  // Scroll again after two frames. Because of `content-visibility`, text outside the viewport first
  // has only an estimated height.
  requestAnimationFrame(() => requestAnimationFrame(scrollAll));
  return found;
}

/** Scrolls only inside the card. The caller scrolls the page. */
function scrollToRange({ scroller, range }) {
  const quote = range.getBoundingClientRect();
  const frame = scroller.getBoundingClientRect();
  if (frame.height > 0) scroller.scrollTop += quote.top - frame.top - frame.height / 3;
}

export function clearQuoteHighlight() {
  if (isSupported) CSS.highlights.delete("quote");
  for (const element of document.querySelectorAll("[data-highlight]")) {
    element.removeAttribute("data-highlight");
  }
}
