// Decides which key presses are commands.

/**
 * Hides the key presses of an input method from every listener of the page. While an input method
 * composes a word, Enter accepts the word and Escape discards it. In WebKit, the composition ends
 * before the key event, so `isComposing` is already false. The key event then still has the code
 * 229.
 */
export function ignoreInputMethodKeys() {
  const isInputMethodKey = ({ isComposing, keyCode }) => isComposing || keyCode === 229;
  addEventListener(
    "keydown",
    (event) => isInputMethodKey(event) && event.stopImmediatePropagation(),
    true,
  );
}

/**
 * Returns whether the device has a touch keyboard. A touch keyboard has no Shift+Enter, so Enter
 * must start a new line.
 */
const hasTouchKeyboard = () => matchMedia("(hover: none) and (pointer: coarse)").matches;

/** Whether the key sends the text of a field. Ctrl+Enter and ⌘+Enter always do. */
export function isSendKey({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (key !== "Enter") return false;
  return ctrlKey || metaKey || !(shiftKey || altKey || hasTouchKeyboard());
}

/** Whether the element takes text, so that Escape belongs to it. */
export const isTextField = (element) =>
  element.matches?.("textarea, select, input:not([type=radio], [type=checkbox])");
