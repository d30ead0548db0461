// The question of a turn: shown, edited and asked again, with the versions that stand beside it.
import { h, icon, setShown, setText, tool } from "../dom.js";

/** What is pasted with a question is read elsewhere: only its beginning stands at the head of the turn. */
const LONG = 320;

export function createQuestion(turn, actions) {
  const { text, images } = turn.question;
  const count = h("span", { class: "count" });
  const versions = h(
    "div",
    { class: "versions", role: "group", "aria-label": "Versions of this turn", hidden: true },
    tool("back", "Previous version", () => step(-1)),
    count,
    tool("on", "Next version", () => step(1)),
  );
  const edit = tool("edit", "Edit and ask again", open);
  const long = text.length > LONG || text.split("\n").length > 4;
  const shown = h("h2", { dir: "auto", class: long && "long" }, text || "About this picture");
  const whole = long && h("button", { type: "button", class: "plain", "aria-expanded": "false", onclick: unfold }, "Show all");
  const element = h(
    "header",
    { class: "turn-header" },
    images.length > 0 && h("div", { class: "pictures" }, images.map(({ url, name }) => h("img", { src: url, alt: name }))),
    shown,
    h("div", { class: "tools" }, whole, versions, edit),
  );

  function step(by) {
    const all = actions.versions(turn);
    const next = all[all.indexOf(turn) + by];
    if (next) actions.show(next);
  }

  function unfold() {
    const open = shown.toggleAttribute("data-whole");
    setText(whole, open ? "Show less" : "Show all");
    whole.setAttribute("aria-expanded", String(open));
  }

  function open() {
    const area = h("textarea", { "aria-label": "Edit the question", rows: 2 });
    area.value = text;
    const close = () => {
      form.remove();
      shown.classList.remove("sr-only");
      edit.hidden = false;
      edit.focus({ preventScroll: true });
    };
    const send = () => {
      const { problem: sentence } = actions.edit(turn, { text: area.value, images });
      setText(problem, sentence ?? "");
    };
    const problem = h("p", { class: "problem", role: "alert" });
    const form = h(
      "form",
      {
        class: "edit",
        onsubmit: (event) => {
          event.preventDefault();
          send();
        },
        onkeydown: (event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
          if (event.key !== "Escape") return;
          event.stopPropagation();
          close();
        },
      },
      area,
      problem,
      h("div", { class: "tools" }, h("button", { type: "button", class: "plain", onclick: close }, "Cancel"), h("button", { class: "primary" }, icon("send"), h("span", {}, "Ask again"))),
    );
    // The heading of the turn stays, for those who listen.
    shown.classList.add("sr-only");
    shown.after(form);
    edit.hidden = true;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  return {
    element,
    draw() {
      const all = actions.versions(turn);
      setShown(versions, all.length > 1);
      setText(count, `${all.indexOf(turn) + 1} of ${all.length}`);
      const [before, after] = versions.querySelectorAll("button");
      before.disabled = actions.isBusy() || all[0] === turn;
      after.disabled = actions.isBusy() || all.at(-1) === turn;
      edit.disabled = actions.isBusy();
    },
  };
}
