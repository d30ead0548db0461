// Scrolls to a new turn.

/**
 * Time during which the turn is kept in place. Other parts of the page are still drawn in this time
 * and would move the turn.
 */
const SETTLING_MS = 1000;
const USER_EVENTS = ["wheel", "touchstart", "keydown", "pointerdown"];

/**
 * Scrolls to the element. While the page above the element is drawn, scrolls again, so that the
 * element stays in place. Scrolling is not smooth, because a smooth scroll misses an element that
 * moves during the scroll. After any action of the person, the page does not scroll again.
 */
export function openInView(element) {
  const scroll = () => element.scrollIntoView({ block: "start", behavior: "instant" });
  const ended = new AbortController();
  const end = () => ended.abort();
  const observer = new ResizeObserver(() => requestAnimationFrame(() => isOpen() && scroll()));
  const isOpen = () => !ended.signal.aborted;
  ended.signal.addEventListener("abort", () => observer.disconnect());
  for (const name of USER_EVENTS) {
    addEventListener(name, end, { signal: ended.signal, passive: true, capture: true });
  }
  // The observer calls its function for the first time after the next layout. Therefore this line
  // also causes the first scroll.
  observer.observe(element.parentElement);
  setTimeout(end, SETTLING_MS);
}
