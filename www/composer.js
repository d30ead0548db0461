// The form for a question: text, pictures, the buttons that send and stop.
import { h, icon, setText, tool } from "./dom.js";
import { readPictures } from "./images.js";

/**
 * This function is long because its inner functions share the text and the pictures.
 * @param send `(question) => { problem, field }`; if there is no problem, the form is cleared
 * @param onChange called when the text or the pictures have changed
 * @param stop stops the current run
 * @param openField `(field, problem, setup)` opens the settings at a field
 */
export function createComposer(form, { send, onChange, stop, openField }) {
  const at = (id) => form.querySelector(`#${id}`);
  const text = at("question");
  let images = [];

  const question = () => ({ text: text.value.trim(), images });

  function submit() {
    if (document.body.hasAttribute("data-running")) return;
    const { problem = "", field } = send(question());
    showProblem(problem, field);
    if (problem) return;
    text.value = "";
    images = [];
    drawImages();
  }

  function showProblem(problem, field, setup) {
    setText(at("problem"), problem);
    for (const marked of document.querySelectorAll("[aria-invalid]")) {
      marked.removeAttribute("aria-invalid");
    }
    if (!problem || !field) return;
    if (field !== "question") openField(field, problem, setup);
    const input = document.getElementById(field);
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }

  async function addPictures(files) {
    const { pictures, problem } = await readPictures(files, images.length);
    images = [...images, ...pictures];
    drawImages();
    showProblem(problem);
  }

  function drawImages() {
    const items = images.map((image) => {
      const remove = tool("close", `Remove ${image.name}`, () => removeImage(image));
      return h("li", {}, h("img", { src: image.url, alt: image.name }), remove);
    });
    at("images").replaceChildren(...items);
    at("images").hidden = images.length === 0;
    onChange();
  }

  function removeImage(image) {
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
    showProblem("");
    onChange();
  });
  at("attach").append(icon("image"));
  at("attach").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", ({ target }) => {
    addPictures([...target.files]);
    target.value = "";
  });
  at("stop").addEventListener("click", stop);
  if (/Mac|iPhone|iPad/.test(navigator.userAgent)) setText(at("keys"), "⌘ Enter");
  acceptPastedFiles(text, addPictures);
  acceptDroppedFiles(form, addPictures);

  return {
    showProblem,
    focus: () => text.focus({ preventScroll: true }),
    question,
    /** @param isFollowUp whether the conversation has a turn already */
    setRunning(running, isFollowUp) {
      text.placeholder = isFollowUp
        ? "Ask a follow-up"
        : "Ask something worth more than one opinion";
      at("send").hidden = running;
      at("stop").hidden = !running;
      // The focused button was hidden, so the browser has moved the focus to the body. Restore it.
      if (document.activeElement !== document.body) return;
      (running ? at("stop") : text).focus({ preventScroll: true });
    },
  };
}

function acceptPastedFiles(text, add) {
  text.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    add(files);
  });
}

/**
 * Accepts dropped pictures on the whole page. Otherwise the browser would open a file that is
 * dropped beside the form.
 */
function acceptDroppedFiles(form, add) {
  const hasFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    form.toggleAttribute("data-drop", true);
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.removeAttribute("data-drop");
  });
  addEventListener("drop", (event) => {
    form.removeAttribute("data-drop");
    if (!hasFiles(event)) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
}
