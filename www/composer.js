// The form for a question: text, pictures, files, the buttons that send and stop, and the queue of
// follow-ups. It keeps a draft for each conversation.

import { h, icon, setShown, setText, tool } from "./dom.js";
import { createDrafts, emptyQuestion, isEmpty } from "./drafts.js";
import { readAttachments } from "./files.js";
import { isSendKey } from "./keys.js";
import { pastedFiles } from "./pasted-files.js";
import { createQueue } from "./queue.js";

/**
 * This function is long because its inner functions share the question.
 * @param send `(question, to)` returns `{ problem, field, isDeclined }`, or a promise of such an
 *   object. If the question was sent, the form is cleared
 * @param onChange called when the question has changed
 * @param stop stops the current run
 * @param openField `(field, problem, setup)` opens the settings at a field
 */
export function createComposer(form, { send, onChange, stop, openField }) {
  const at = (id) => form.querySelector(`#${id}`);
  const text = at("question");
  const drafts = createDrafts();
  const queue = createQueue(at("queue"), { ask: askQueued, edit, onChange: keepQueue });
  /**
   * The id of the conversation whose draft is shown. If the conversation has no turn yet, the id is
   * "".
   */
  let shown = "";
  let draft = drafts.read(shown);
  let isRunning = false;
  /** The number of groups of files that are being read. */
  let reading = 0;

  const question = () => ({ ...draft.question, text: text.value.trim() });

  function keep(fields) {
    draft = { ...draft, ...fields };
    drafts.write(shown, draft);
  }
  function keepQueue(queued) {
    keep({ queue: queued });
  }

  async function submit() {
    if (reading > 0) return showProblem("The files are still being read. Try again.");
    if (isRunning) return queueUp();
    const [mine, { to }] = [shown, draft];
    const { problem = "", field, isDeclined } = await send(question(), to);
    showProblem(problem, field);
    if (problem || isDeclined) return;
    // If this was the first question, the conversation now has an id, and the form shows the draft
    // of this id. Therefore clear the old draft and the shown draft.
    drafts.write(mine, { ...drafts.read(mine), question: emptyQuestion() });
    setQuestion(emptyQuestion());
    keep({ to });
    drawTarget();
  }

  function queueUp() {
    if (isEmpty(question())) return;
    queue.add(question());
    setQuestion(emptyQuestion());
  }

  async function askQueued(queued) {
    const { problem = "", field, isDeclined } = await send(queued, draft.to);
    showProblem(problem, field);
    return !problem && !isDeclined;
  }

  /**
   * Moves a queued question into the form. The question that was in the form takes its place in the
   * queue.
   */
  function edit(queued, replace) {
    replace(isEmpty(question()) ? null : question());
    setQuestion(queued);
    text.focus();
  }

  function setQuestion(next) {
    text.value = next.text;
    keep({ question: next });
    drawAttachments();
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

  async function attach(files) {
    const mine = shown;
    reading += 1;
    setText(at("attach-note"), "Reading…");
    const { images, texts, problem, note } = await readAttachments(files, draft.question);
    reading -= 1;
    // The person opened another conversation while the files were read.
    if (shown !== mine) return;
    setText(at("attach-note"), note);
    const now = question();
    keep({
      question: {
        ...now,
        images: [...now.images, ...images],
        files: [...(now.files ?? []), ...texts],
      },
    });
    drawAttachments();
    showProblem(problem);
  }

  function drawAttachments() {
    const { images, files = [] } = draft.question;
    const removing = ({ name }, field, entry) =>
      tool("close", `Remove ${name}`, () => detach(field, entry));
    const pictures = images.map((image) =>
      h("li", {}, h("img", { src: image.url, alt: image.name }), removing(image, "images", image)),
    );
    const texts = files.map((file) =>
      h(
        "li",
        { class: "file" },
        icon("file"),
        h("span", { class: "file-name", dir: "auto" }, file.name),
        h("span", { class: "fine" }, file.note),
        removing(file, "files", file),
      ),
    );
    at("images").replaceChildren(...pictures, ...texts);
    setShown(at("images"), images.length + files.length > 0);
    if (files.length === 0) setText(at("attach-note"), "");
    drawSend();
    onChange();
  }

  function detach(field, entry) {
    const now = question();
    keep({ question: { ...now, [field]: now[field].filter((other) => other !== entry) } });
    drawAttachments();
    text.focus();
  }

  /** If only one member will receive the question, shows the name of this member. */
  function drawTarget() {
    const { to } = draft;
    const everyone = () => setTarget(null);
    const clear = to && tool("close", `Ask the panel, not only ${to.name}`, everyone);
    const label = to && h("span", {}, "Only to ", h("strong", {}, h("bdi", {}, to.name)));
    at("target").replaceChildren(...(to ? [label, clear] : []));
    setShown(at("target"), to);
    onChange();
  }

  function setTarget(to) {
    keep({ to });
    drawTarget();
    text.focus();
  }

  function drawSend() {
    setShown(at("send"), !isRunning || !isEmpty(question()));
    setText(at("send"), isRunning ? "Queue" : "Ask");
    setShown(at("keys"), !isRunning);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  text.addEventListener("keydown", (event) => {
    if (isSendKey(event)) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && isRunning) {
      // The first Escape only leaves the text field. The second Escape then presses the focused
      // stop button.
      event.preventDefault();
      at("stop").focus();
    }
  });
  text.addEventListener("input", () => {
    keep({ question: question() });
    showProblem("");
    drawSend();
    onChange();
  });
  at("attach").append(icon("clip"));
  at("attach").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", ({ target }) => {
    attach([...target.files]);
    target.value = "";
  });
  at("stop").addEventListener("click", stop);
  text.addEventListener("paste", (event) => {
    const files = pastedFiles(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    attach(files);
  });
  acceptDroppedFiles(form, attach);

  /** Shows the draft and the queue of a conversation. */
  function show(id) {
    shown = id;
    draft = drafts.read(id);
    text.value = draft.question.text;
    queue.show(draft.queue);
    drawAttachments();
    drawTarget();
  }

  return {
    showProblem,
    focus: () => text.focus({ preventScroll: true }),
    question,
    get target() {
      return draft.to;
    },
    setTarget,
    /** Asks the next question of the queue. */
    askNext: queue.next,
    /**
     * Shows the draft of a conversation.
     * @param id the id of the conversation, or "" if the conversation has no turn
     */
    showDraft: (id) => id !== shown && show(id),
    start: () => show(shown),
    /** @param isFollowUp whether the conversation has a turn already */
    setRunning(running, isFollowUp) {
      isRunning = running;
      const followUp = running ? "Write the next question" : "Ask a follow-up";
      text.placeholder = isFollowUp ? followUp : "Ask something worth more than one opinion";
      setShown(at("stop"), running);
      queue.setRunning(running);
      drawSend();
      // The focused button was hidden, so the browser has moved the focus to the body. Restore it.
      if (document.activeElement !== document.body) return;
      (running ? at("stop") : text).focus({ preventScroll: true });
    },
  };
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
