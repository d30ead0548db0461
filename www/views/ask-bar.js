// Measures the form at the lower end of the page for the layout. On a phone, shrinks the form while
// a person scrolls down.

/** Minimum distance of a scroll. Shorter scrolls are ignored. */
const SCROLL_PX = 8;
/**
 * Time after a person's input in which a scroll counts as the person's scroll. After a touch, the
 * page scrolls on by momentum. Later scrolls are the page's own scrolls.
 */
const INPUT_MS = 2000;

export function watchAskBar(form) {
  const { style } = document.documentElement;
  const text = form.querySelector("textarea");
  let height = 0;
  // The layout keeps the space of the whole form, so that nothing moves when the form shrinks.
  new ResizeObserver(() => {
    if (form.hasAttribute("data-compact")) return;
    height = form.offsetHeight;
    style.setProperty("--ask-bar", `${height}px`);
  }).observe(form);

  function setCompact(isCompact) {
    if (form.hasAttribute("data-compact") === isCompact) return;
    form.toggleAttribute("data-compact", isCompact);
    // Fill the space beside the smaller form with a margin. Otherwise the page would become shorter
    // and scroll back.
    form.style.marginTop = isCompact ? `${Math.max(height - form.offsetHeight, 0)}px` : "";
  }

  let inputAt = Number.NEGATIVE_INFINITY;
  const onInput = () => {
    inputAt = performance.now();
  };
  const passive = { passive: true };
  for (const name of ["wheel", "touchmove", "keydown"]) addEventListener(name, onInput, passive);
  let before = scrollY;
  const onScroll = () => {
    const moved = scrollY - before;
    if (Math.abs(moved) < SCROLL_PX) return;
    before = scrollY;
    if (performance.now() - inputAt > INPUT_MS) return;
    const isInUse = text.value || form.querySelector("button:focus-visible");
    setCompact(moved > 0 && !isInUse);
  };
  addEventListener("scroll", onScroll, passive);
  form.addEventListener("focusin", () => setCompact(false));
}
