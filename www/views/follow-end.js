// Keeps a scrolling box at its end while its text grows.

/** A scroll within this time after a person's input is the person's, including its momentum. */
const INPUT_MS = 1000;
/** After this time without new text, blocks that came into view have their real height. */
const SETTLE_MS = 120;
const NEAR_END_PX = 40;

/**
 * Scrolls to the end while the text grows, and back to the beginning when it is complete. Only
 * wheel, touch, keys and the mouse end the following: with `content-visibility`, the browser also
 * moves the position when an estimated height turns out to be wrong.
 */
export function followEnd(scroller) {
  let isFollowing = true;
  let goesToTop = false;
  let inputAt = Number.NEGATIVE_INFINITY;
  let isPressed = false;
  let settling;
  const passive = { passive: true };
  const onInput = () => {
    inputAt = performance.now();
  };
  for (const name of ["wheel", "touchmove", "keydown"]) {
    scroller.addEventListener(name, onInput, passive);
  }
  // Dragging the scroll bar takes any time.
  scroller.addEventListener("pointerdown", () => {
    isPressed = true;
    const release = () => {
      isPressed = false;
      onInput();
    };
    for (const name of ["pointerup", "pointercancel"])
      addEventListener(name, release, { once: true });
  });
  const onScroll = () => {
    if (!isPressed && performance.now() - inputAt > INPUT_MS) return;
    const { scrollTop, clientHeight, scrollHeight } = scroller;
    isFollowing = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  };
  scroller.addEventListener("scroll", onScroll, passive);

  // Scroll beyond the end, because reading scrollHeight would force one more layout per card.
  const toEnd = () => {
    if (isFollowing) scroller.scrollTop = 1e7;
  };

  function onShown() {
    // On a phone, a card on another tab has no height and cannot scroll yet.
    if (!goesToTop || scroller.clientHeight === 0) return;
    scroller.scrollTop = 0;
    goesToTop = false;
  }

  return {
    onShown,
    follow() {
      toEnd();
      clearTimeout(settling);
      settling = setTimeout(toEnd, SETTLE_MS);
    },
    finish() {
      clearTimeout(settling);
      goesToTop ||= isFollowing;
      isFollowing = false;
      onShown();
    },
  };
}
