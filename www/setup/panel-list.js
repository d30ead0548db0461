// Shows the models of the panel. Each row has the price of its model and a button that removes the
// model.
import { h, tool } from "../dom.js";
import { modelName } from "../text/format.js";
import { priceText } from "./models.js";

/**
 * @param find `(id)` returns the model in the provider's list. Returns null if the list lacks it,
 * and undefined if no list is loaded.
 * @param remove called with an index
 */
export function createPanelList(list, { find, remove }) {
  let drawn = "";
  return {
    /**
     * @param first the panelist index of the first row. The rows of further models begin after the
     *   panel
     */
    draw(panel, first = 0) {
      const models = panel.map((id) => ({ id, model: find(id) }));
      const now = JSON.stringify([first, models]);
      if (now === drawn) return;
      drawn = now;
      const rows = models.map(({ id, model }, nth) =>
        rowView({ id, model, index: first + nth }, () => remove(nth)),
      );
      list.replaceChildren(...rows);
      list.hidden = models.length === 0;
    },
    /** Returns the button that gets the focus after the model at this index has been removed. */
    buttonAt(index) {
      const buttons = list.querySelectorAll("button");
      return buttons[Math.min(index, buttons.length - 1)];
    },
  };
}

function rowView({ id, model, index }, remove) {
  const hasName = model && model.name !== id;
  const { name, maker } = hasName ? { name: model.name, maker: id } : modelName(id);
  return h(
    "li",
    { class: "panel-model", "data-panelist": index, "data-model": id },
    h("span", { class: "mark-of", "aria-hidden": "true" }),
    h(
      "span",
      { class: "panel-model-name" },
      h("bdi", {}, name),
      maker && h("bdi", { class: "fine" }, maker),
    ),
    h("span", { class: "panel-model-price fine" }, listedPrice(model)),
    tool("close", `Remove ${name}, panelist ${index + 1}`, remove),
  );
}

/** Returns the price as text. The argument is a result of `find()`. */
export function listedPrice(model) {
  if (model === undefined) return "";
  return model === null ? "not in the provider’s model list" : priceText(model.price);
}
