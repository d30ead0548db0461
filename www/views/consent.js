// Asks before a conversation that came from elsewhere is sent to where it was made.
import { h } from "../dom.js";

/** @param places origins, or names of providers
 *  @returns whether the person agrees */
export function askConsent(places, hasKey) {
  const names = places.map((place) => place.replace(/^https?:\/\//, "")).join(" and ");
  const close = (answer) => () => dialog.close(answer);
  const dialog = h(
    "dialog",
    { class: "sheet consent", "aria-labelledby": "consent-title" },
    h(
      "div",
      { class: "sheet-body" },
      h("h2", { id: "consent-title" }, `This conversation was made with ${names}. Continue there?`),
      h("p", {}, `The question and the replies so far will be sent there, ${hasKey ? "with your key for it" : "without a key"}. You have not used it from this page before. The page asks only once.`),
      h("div", { class: "tools" }, h("button", { type: "button", class: "plain", onclick: close("") }, "Cancel"), h("button", { type: "button", class: "primary", onclick: close("go") }, "Continue there")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "go");
    });
  });
}
