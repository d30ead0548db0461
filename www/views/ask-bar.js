// The form at the lower end of the page: its height for the layout, and its small form on a phone
// while the page scrolls down.

/** Less is not a scroll in a direction. */
const SCROLL_PX = 8;

export function watchAskBar(form) {
  const { style } = document.documentElement;
  const isCompact = () => form.hasAttribute("data-compact");
  // The layout keeps the space of the whole form, so that nothing moves when the form shrinks.
  new ResizeObserver(() => {
    if (!isCompact()) style.setProperty("--ask-bar", `${form.offsetHeight}px`);
  }).observe(form);

  let before = scrollY;
  addEventListener(
    "scroll",
    () => {
      const moved = scrollY - before;
      if (Math.abs(moved) < SCROLL_PX) return;
      before = scrollY;
      const isInUse =
        form.querySelector("button:focus-visible") ?? form.querySelector("textarea").value;
      form.toggleAttribute("data-compact", moved > 0 && !isInUse);
    },
    { passive: true },
  );
  form.addEventListener("focusin", () => form.removeAttribute("data-compact"));
}
