// The skip link and the shortcut that lead to the newest answer.

/** @param link the link "Skip to the answer" */
export function createAnswerLink(link) {
  link.addEventListener("click", (event) => {
    // The URL of the page can be the link of a shared conversation, so its hash must stay.
    event.preventDefault();
    focusAnswer();
  });
  document.addEventListener("keydown", (event) => {
    const { altKey, shiftKey, ctrlKey, metaKey, code } = event;
    // The code, because on a Mac this combination types another letter.
    if (!altKey || !shiftKey || ctrlKey || metaKey || code !== "KeyA") return;
    if (document.querySelector("dialog:modal")) return;
    event.preventDefault();
    focusAnswer();
  });
}

/** The view of the turn shows its answer, which can be on another tab. */
function focusAnswer() {
  const turn = document.querySelector("#turns > .turn:last-child");
  turn?.dispatchEvent(new CustomEvent("showanswer"));
}
