// Marks quotes in the cards, in the browser's own highlights: the text itself is not touched, so it can go on growing.
import { findQuote } from "../text/find-quote.js";

const supported = typeof Highlight === "function" && CSS.highlights;

/** Adds to what `clearQuoteHighlight()` has left.
 *  @param entries `[{ text: the element that holds the reply, scroller, card, quote }]`
 *  @returns the cards in which a quote was found, in order */
export function highlightQuotes(entries) {
  const found = entries.flatMap(({ quote, ...where }) => {
    const range = findQuote(where.text, quote);
    return range ? [{ ...where, range }] : [];
  });
  if (supported) CSS.highlights.set("quote", new Highlight(...found.map(({ range }) => range)));
  for (const { card } of entries) card.dataset.highlight = found.some((one) => one.card === card) ? "found" : "missing";
  for (const one of found.toReversed()) bring(one);
  // What was out of sight had no height of its own until it was brought there.
  requestAnimationFrame(() => requestAnimationFrame(() => found.toReversed().forEach(bring)));
  return found;
}

/** Within the card alone: the page itself is moved by whoever knows where the person is looking. */
function bring({ scroller, range }) {
  const at = range.getBoundingClientRect();
  const frame = scroller.getBoundingClientRect();
  if (frame.height > 0) scroller.scrollTop += at.top - frame.top - frame.height / 3;
}

export function clearQuoteHighlight() {
  if (supported) CSS.highlights.delete("quote");
  for (const card of document.querySelectorAll("[data-highlight]")) card.removeAttribute("data-highlight");
}
