// Keeps a scrolling box at its end while its text grows.

/**
 * Time after a person's input in which a scroll counts as the person's scroll. After a touch, the
 * box scrolls on by momentum.
 */
const INPUT_MS = 1000;
/**
 * Time without new text after which blocks in view have their final height. The box then scrolls to
 * its end once more.
 */
const SETTLE_MS = 120;
const NEAR_END_PX = 40;

/**
 * Scrolls to the end while the text grows, and back to the beginning when the text is complete. If
 * a person scrolls with the wheel, a touch, a key or the mouse, the box stops following the text.
 * Other scrolls do not count, because `content-visibility` also moves the position if an estimated
 * height was wrong.
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
  // A person can hold the scroll bar for any time. Until the release, every scroll is the person's
  // scroll.
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
    // On a phone, a card on a hidden tab has no height and cannot scroll yet.
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
