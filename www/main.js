// The page's wiring: a question becomes a run, a run becomes a view.
import { fuse } from "llm-fuse";
import { h, setText } from "./dom.js";
import { plan } from "./providers.js";
import { createRunView } from "./run-view.js";
import { examples } from "./sample/index.js";
import { createSettings } from "./settings.js";

const at = (id) => document.getElementById(id);
const form = at("ask");
const question = at("question");
const settings = createSettings(form);
let current = null;

async function ask() {
  if (current) return;
  const text = question.value;
  const planned = plan(settings.current, settings.key, text);
  complain(planned);
  if (planned.problem) return;

  settings.close();
  putAside();
  current = createRunView(text.trim(), planned, fuse(planned.request, planned.options), (sentence) => setText(at("status"), sentence));
  at("runs").prepend(current.element);
  busy(true);
  question.value = "";
  const ended = await current.follow();
  current = null;
  busy(false);
  // Most likely to be changed and asked again.
  if (ended !== "done" && !question.value) question.value = text;
}

// A finished run was waited and maybe paid for: the next question does not throw it away.
function putAside() {
  const last = at("runs").querySelector(":scope > .run");
  if (!last) return;
  for (const target of last.querySelectorAll("[id]")) target.removeAttribute("id");
  for (const link of last.querySelectorAll("a.by")) link.removeAttribute("href");
  const box = h("details", { class: "earlier" }, h("summary", {}, last.querySelector("h2").textContent));
  last.replaceWith(box);
  box.append(last);
}

function complain({ problem = "", field }) {
  setText(at("problem"), problem);
  for (const marked of form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
  if (!problem) return;
  if (field !== "question") settings.open();
  at(field).setAttribute("aria-invalid", "true");
  at(field).focus();
}

function busy(running) {
  document.body.toggleAttribute("data-running", running);
  document.body.toggleAttribute("data-asked", true);
  at("send").hidden = running;
  at("stop").hidden = !running;
  // The button that had the focus is gone; without this the focus would fall to the top of the page.
  if (document.activeElement === document.body) (running ? at("stop") : question).focus({ preventScroll: true });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask();
});
question.addEventListener("input", () => complain({}));
at("stop").addEventListener("click", () => current?.stop());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") current?.stop();
});
// A page that is kept in memory for the back button must not go on spending.
addEventListener("pagehide", () => current?.stop());

if (/Mac|iPhone|iPad/.test(navigator.userAgent)) setText(at("keys"), "⌘ Enter");

at("examples").append(
  ...examples.map((example) =>
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          question.value = example.question;
          settings.use("sample");
          ask();
        },
      },
      h("span", { class: "hint" }, example.hint),
      h("span", {}, example.question),
    ),
  ),
);
