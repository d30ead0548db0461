// Shows the question of a turn, its other versions, and the form that edits it.
import { h, icon, setText, tool } from "../dom.js";
import { isSendKey } from "../keys.js";

/** A longer question is shown folded. */
const MAX_SHOWN_CHARS = 320;
const MAX_SHOWN_LINES = 4;

/** This function is long because its inner functions share the elements. */
export function createQuestion(turn, actions) {
  const { text, images, files = [] } = turn.question;
  let versions = null;
  const edit = tool("edit", "Edit and ask again", openForm);
  const isLong = text.length > MAX_SHOWN_CHARS || text.split("\n").length > MAX_SHOWN_LINES;
  const heading = h(
    "h2",
    { dir: "auto", class: isLong && "long" },
    text || untitled(turn.question),
  );
  const pictures = images.map(({ url, name }) => h("img", { src: url, alt: name }));
  const element = h(
    "header",
    { class: "turn-header", "data-labels": files.length > 0 || Boolean(turn.to) },
    images.length > 0 && h("div", { class: "pictures" }, pictures),
    turn.to && h("p", { class: "only-to fine" }, "Only to ", h("bdi", {}, turn.to.name)),
    files.length > 0 && h("ul", { class: "files", "aria-label": "Files" }, files.map(fileItem)),
    heading,
    h("div", { class: "tools" }, isLong && foldButton(heading), edit),
  );

  function step(by) {
    const all = actions.versions(turn);
    const other = all[all.indexOf(turn) + by];
    if (other) actions.show(other);
  }

  function openForm() {
    const form = editForm(turn, actions, () => {
      form.remove();
      heading.classList.remove("sr-only");
      edit.hidden = false;
      edit.focus({ preventScroll: true });
    });
    // Hide the heading only visually, because screen readers still need it.
    heading.classList.add("sr-only");
    heading.after(form);
    edit.hidden = true;
    const area = form.querySelector("textarea");
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  function draw() {
    const all = actions.versions(turn);
    if (all.length > 1 && !versions) {
      versions = versionSwitch(step);
      edit.before(versions.element);
    }
    versions?.draw(all.indexOf(turn), all.length, actions.isBusy());
    edit.disabled = actions.isBusy();
  }

  return { element, draw };
}

/** @param step `(by)` shows the previous or the next version */
function versionSwitch(step) {
  const count = h("span", { class: "count" });
  const previous = tool("back", "Previous version", () => step(-1));
  const next = tool("on", "Next version", () => step(1));
  const props = { class: "versions", role: "group", "aria-label": "Versions of this turn" };
  return {
    element: h("div", props, previous, count, next),
    draw(nth, number, isBusy) {
      setText(count, `${nth + 1} of ${number}`);
      previous.disabled = isBusy || nth === 0;
      next.disabled = isBusy || nth === number - 1;
    },
  };
}

const untitled = ({ images }) => (images.length > 0 ? "About this picture" : "About this file");

const fileItem = ({ name, note }) =>
  h("li", { title: note }, icon("file"), h("span", { class: "file-name", dir: "auto" }, name));

function foldButton(heading) {
  const toggle = () => {
    const isOpen = heading.toggleAttribute("data-whole");
    setText(button, isOpen ? "Show less" : "Show all");
    button.setAttribute("aria-expanded", String(isOpen));
  };
  const props = { type: "button", class: "plain", "aria-expanded": "false", onclick: toggle };
  const button = h("button", props, "Show all");
  return button;
}

function editForm(turn, actions, close) {
  const { text } = turn.question;
  const area = h("textarea", { "aria-label": "Edit the question", rows: 2 });
  area.value = text;
  const note = h("p", { class: "problem", role: "alert" });
  const send = async () => {
    const { problem } = await actions.edit(turn, { ...turn.question, text: area.value });
    setText(note, problem ?? "");
  };
  const onsubmit = (event) => {
    event.preventDefault();
    send();
  };
  const onkeydown = (event) => {
    if (isSendKey(event)) {
      event.preventDefault();
      send();
    }
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  };
  const buttons = h(
    "div",
    { class: "tools" },
    h("button", { type: "button", class: "plain", onclick: close }, "Cancel"),
    h("button", { class: "primary" }, icon("send"), h("span", {}, "Ask again")),
  );
  return h("form", { class: "edit", onsubmit, onkeydown }, area, note, buttons);
}
