// The box a question is written in: text, pictures, sending and stopping.
import { h, icon, setText, tool } from "./dom.js";
import { pictures } from "./images.js";

/** @param send `(question) => { problem, field }`; without a problem the box is emptied
 *  @param written called when the question is another one
 *  @param stop ends the run at work */
export function createComposer(form, { send, written, stop, openField }) {
  const at = (id) => form.querySelector(`#${id}`);
  const text = at("question");
  let images = [];

  const question = () => ({ text: text.value.trim(), images });

  function submit() {
    if (document.body.hasAttribute("data-running")) return;
    const { problem = "", field } = send(question());
    complain(problem, field);
    if (problem) return;
    text.value = "";
    images = [];
    drawImages();
  }

  function complain(problem, field, setup) {
    setText(at("problem"), problem);
    for (const marked of document.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
    if (!problem || !field) return;
    if (field !== "question") openField(field, problem, setup);
    const input = document.getElementById(field);
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }

  async function take(files) {
    const { taken, problem } = await pictures(files, images.length);
    images = [...images, ...taken];
    drawImages();
    complain(problem);
  }

  function drawImages() {
    at("images").replaceChildren(
      ...images.map((image) => h("li", {}, h("img", { src: image.url, alt: image.name }), tool("close", `Remove ${image.name}`, () => remove(image)))),
    );
    at("images").hidden = images.length === 0;
    written();
  }

  function remove(image) {
    images = images.filter((other) => other !== image);
    drawImages();
    text.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  });
  text.addEventListener("input", () => {
    complain("");
    written();
  });
  text.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  });
  // Anywhere on the page: a file dropped beside the box would otherwise replace the page.
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.toggleAttribute("data-drop", true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget ?? form.removeAttribute("data-drop"));
  addEventListener("drop", (event) => {
    form.removeAttribute("data-drop");
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  at("attach").append(icon("image"));
  at("attach").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", ({ target }) => {
    take([...target.files]);
    target.value = "";
  });
  at("stop").addEventListener("click", stop);
  if (/Mac|iPhone|iPad/.test(navigator.userAgent)) setText(at("keys"), "⌘ Enter");

  return {
    complain,
    focus: () => text.focus({ preventScroll: true }),
    question,
    /** @param follows whether something has been asked before */
    busy(running, follows) {
      text.placeholder = follows ? "Ask a follow-up" : "Ask something worth more than one opinion";
      at("send").hidden = running;
      at("stop").hidden = !running;
      // The button that had the focus is gone; without this the focus would fall to the top of the page.
      if (document.activeElement === document.body) (running ? at("stop") : text).focus({ preventScroll: true });
    },
  };
}
