// Which keys are commands.

/**
 * Keeps the keys of an input method from every listener of the page. While such a method composes
 * a word, Enter accepts the word and Escape discards it. WebKit ends the composition before it
 * reports the key, so `isComposing` is false there and only the code 229 tells.
 */
export function ignoreInputMethodKeys() {
  const isInputMethodKey = ({ isComposing, keyCode }) => isComposing || keyCode === 229;
  addEventListener(
    "keydown",
    (event) => isInputMethodKey(event) && event.stopImmediatePropagation(),
    true,
  );
}

/** Touch keyboards have no Shift+Enter, so Enter must break the line there. */
const hasTouchKeyboard = () => matchMedia("(hover: none) and (pointer: coarse)").matches;

/** Whether the key sends the text of a field. Ctrl+Enter and ⌘+Enter always do. */
export function isSendKey({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (key !== "Enter") return false;
  return ctrlKey || metaKey || !(shiftKey || altKey || hasTouchKeyboard());
}

/** Whether the element takes text, so that Escape belongs to it. */
export const isTextField = (element) =>
  element.matches?.("textarea, select, input:not([type=radio], [type=checkbox])");
