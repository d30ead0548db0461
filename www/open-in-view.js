// Scrolls to a new turn.

/** For this long, parts of the page that are drawn later must not move the turn. */
const SETTLING_MS = 1000;
const USER_EVENTS = ["wheel", "touchstart", "keydown", "pointerdown"];

/**
 * Scrolls to the element and keeps it in place while the page above it is drawn. Scrolling is not
 * smooth, because a smooth scroll misses an element that moves meanwhile. Any action of the person
 * ends it.
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
  // The first report of an observer comes after the next layout.
  observer.observe(element.parentElement);
  setTimeout(end, SETTLING_MS);
}
