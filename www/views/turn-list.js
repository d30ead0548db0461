// Shows the turns of a conversation. Each turn has one view.
import { createTurnView } from "./turn.js";

/** @param actions the actions of a person on a turn, see `createApp()` */
export function createTurnList(host, actions) {
  const views = new Map();

  function removeOthers(turns) {
    const shown = new Set(turns.map(({ id }) => id));
    for (const [id, { element }] of views) {
      if (shown.has(id)) continue;
      element.remove();
      views.delete(id);
    }
  }

  return {
    /** Returns the view of a turn, or undefined if the turn is not shown. */
    view: ({ id }) => views.get(id),
    updateAll() {
      for (const view of views.values()) view.update("turn");
    },
    draw(turns) {
      removeOthers(turns);
      for (const [nth, turn] of turns.entries()) {
        if (!views.has(turn.id)) views.set(turn.id, createTurnView(turn, actions));
        const view = views.get(turn.id);
        const before = host.children[nth] ?? null;
        if (before !== view.element) host.insertBefore(view.element, before);
        view.place({ isLast: nth === turns.length - 1 });
        view.update("turn");
      }
    },
  };
}
