// The panel as seats: who sits there, what each costs, and who leaves.
import { h, tool } from "../dom.js";
import { modelName } from "../text/format.js";
import { priceWords } from "./models.js";

/** @param find gives what is known of a model; undefined while nothing is, null where it is not in the list
 *  @param remove called with an index */
export function createPanelList(list, { find, remove }) {
  let drawn = "";
  return {
    draw(panel) {
      const seats = panel.map((id) => ({ id, model: find(id) }));
      const now = JSON.stringify(seats);
      if (now === drawn) return;
      drawn = now;
      list.replaceChildren(...seats.map(({ id, model }, index) => seat(id, model, index, remove)));
      list.hidden = seats.length === 0;
    },
    /** Where the keyboard goes on after a seat was taken away: to who sits there now. */
    button(index) {
      const buttons = list.querySelectorAll("button");
      return buttons[Math.min(index, buttons.length - 1)];
    },
  };
}

function seat(id, model, index, remove) {
  const { name, maker } = model && model.name !== id ? { name: model.name, maker: id } : modelName(id);
  return h(
    "li",
    { class: "panel-model", "data-panelist": index, "data-model": id },
    h("span", { class: "mark-of", "aria-hidden": "true" }),
    h("span", { class: "panel-model-name" }, h("bdi", {}, name), maker && h("bdi", { class: "fine" }, maker)),
    h("span", { class: "panel-model-price fine" }, aboutPrice(model)),
    tool("close", `Remove ${name}, panelist ${index + 1}`, () => remove(index)),
  );
}

/** What a model costs, as far as that is known. */
export function aboutPrice(model) {
  if (model === undefined) return "";
  return model === null ? "not in the provider’s model list" : priceWords(model.price);
}
