/**
 * Returns a function that moves the focus to a nearby element if the focused button was hidden or
 * removed. Without this function, keyboard navigation would continue at the top of the page.
 */
export function focusKeeper(element) {
  let focused = null;
  element.tabIndex = -1;
  element.addEventListener("focusin", ({ target }) => {
    focused = target;
  });
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget) focused = null;
  });
  return () => {
    if (!focused || (focused.isConnected && !focused.hidden)) return;
    const card = focused.closest(".panelist")?.querySelector(".scroller:not([hidden])");
    const { activeElement, body } = document;
    if (activeElement === focused || activeElement === body) {
      (card ?? element).focus({ preventScroll: true });
    }
    focused = null;
  };
}
