// Shows the fields for instructions in the settings: one field for the whole panel, and one field
// for each member.
import { h, setText } from "../dom.js";
import { modelName, plural } from "../text/format.js";

const MAX_CHARS = 8000;

/**
 * @param at finds an element by its id
 * @param choice returns the current choice
 * @param change called with changed fields of the choice
 */
export function createInstructions({ at, choice, change }) {
  const everyone = at("instructions");
  const members = at("member-instructions");
  everyone.maxLength = MAX_CHARS;
  let drawn = "";

  function member(model, index) {
    const id = `instructions-${index}`;
    const area = h("textarea", { id, rows: 2, dir: "auto", maxlength: MAX_CHARS });
    area.value = choice().systems[index] ?? "";
    area.addEventListener("input", () => {
      const systems = choice().panel.map((_, nth) => choice().systems[nth] ?? "");
      change({ systems: systems.with(index, area.value) });
    });
    const label = `Only for ${index + 1}, ${modelName(model).name}`;
    return h("div", { class: "field" }, h("label", { for: id, dir: "auto" }, label), area);
  }

  everyone.addEventListener("input", () => change({ instructions: everyone.value }));

  return {
    draw() {
      const { panel, instructions, systems } = choice();
      const count = [instructions, ...systems].filter((text) => text.trim()).length;
      setText(at("instructions-summary"), count > 0 ? `${plural(count, "text")} set` : "");
      if (everyone.value !== instructions) everyone.value = instructions;
      // Drawing while the person types would move the cursor.
      const now = JSON.stringify(panel);
      const isTyping = members.contains(document.activeElement);
      if (now === drawn && isTyping) return;
      drawn = now;
      members.replaceChildren(...panel.map(member));
    },
  };
}
