// Adds the skip link and the keyboard shortcut that lead to the newest answer.

/** @param link the link "Skip to the answer" */
export function createAnswerLink(link) {
  link.addEventListener("click", (event) => {
    // The URL of the page can be the link of a shared conversation, so its hash must stay.
    event.preventDefault();
    focusAnswer();
  });
  document.addEventListener("keydown", (event) => {
    const { altKey, shiftKey, ctrlKey, metaKey, code } = event;
    // Compare `code` instead of `key`, because on a Mac, Alt and Shift change the letter.
    if (!altKey || !shiftKey || ctrlKey || metaKey || code !== "KeyA") return;
    if (document.querySelector("dialog:modal")) return;
    event.preventDefault();
    focusAnswer();
  });
}

/** Asks the view of the last turn to show its answer. The answer may be on another tab. */
function focusAnswer() {
  const turn = document.querySelector("#turns > .turn:last-child");
  turn?.dispatchEvent(new CustomEvent("showanswer"));
}
