// Asks the person before an imported conversation is sent to an address that the person has not
// used.
import { h } from "../dom.js";

/**
 * @param origins origins, or names of providers
 * @returns whether the person agrees
 */
export function askConsent(origins, hasKey) {
  const names = origins.map((origin) => origin.replace(/^https?:\/\//, "")).join(" and ");
  const key = hasKey ? "with your key for it" : "without a key";
  const text = [
    `The question and the replies so far will be sent there, ${key}.`,
    "You have not used it from this page before. The page asks only once.",
  ].join(" ");
  const closeWith = (value) => () => dialog.close(value);
  const button = (style, value, label) =>
    h("button", { type: "button", class: style, onclick: closeWith(value) }, label);
  const buttons = h(
    "div",
    { class: "tools" },
    button("plain", "", "Cancel"),
    button("primary", "continue", "Continue there"),
  );
  const question = `This conversation was made with ${names}. Continue there?`;
  const dialog = h(
    "dialog",
    { class: "sheet consent", "aria-labelledby": "consent-title" },
    h(
      "div",
      { class: "sheet-body" },
      h("h2", { id: "consent-title" }, question),
      h("p", {}, text),
      buttons,
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "continue");
    });
  });
}
