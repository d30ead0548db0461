// The shown turns of a conversation. The last turn has its whole view; an earlier one is folded
// until the person opens it.
import { createEarlierTurn } from "./earlier-turn.js";
import { createTurnView } from "./turn.js";

/**
 * This function is long because its inner functions share the views.
 * @param actions the actions of a person on a turn, see `createApp()`
 */
export function createTurnList(host, actions) {
  /** `{ view, isFolded, isLast }` by the id of the turn. */
  const shown = new Map();

  function removeOthers(turns) {
    const ids = new Set(turns.map(({ id }) => id));
    for (const [id, { view }] of shown) {
      if (ids.has(id)) continue;
      view.element.remove();
      view.close();
      shown.delete(id);
    }
  }

  /** Gives a turn its folded or its whole view. */
  function setView(turn, isFolded, isLast) {
    const old = shown.get(turn.id);
    const view =
      old?.isFolded === isFolded
        ? old.view
        : isFolded
          ? createEarlierTurn(turn, actions, () => open(turn))
          : createTurnView(turn, actions, () => fold(turn));
    if (!isFolded) view.setEarlier(!isLast);
    shown.set(turn.id, { view, isFolded, isLast });
    if (!old || old.view === view) return view;
    // The text must not be missing for a frame, because the page would move.
    if (isFolded) view.draw();
    old.view.element.replaceWith(view.element);
    old.view.close();
    return view;
  }

  function open(turn) {
    const view = setView(turn, false, false);
    view.update("turn");
    view.open();
  }

  function fold(turn) {
    const { element } = setView(turn, true, false);
    element.querySelector(".fold")?.focus({ preventScroll: true });
  }

  /** A turn that is no longer the last one is folded, unless the person is writing in it. */
  function isFoldedNow({ id }, isLast) {
    const now = shown.get(id);
    if (isLast) return false;
    return !now || now.isFolded || (now.isLast && !now.view.isEditing());
  }

  return {
    /** Returns the view of a turn, or undefined if the turn is not shown. */
    view: ({ id }) => shown.get(id)?.view,
    updateAll() {
      for (const { view } of shown.values()) view.update("turn");
    },
    draw(turns) {
      removeOthers(turns);
      for (const [nth, turn] of turns.entries()) {
        const isLast = nth === turns.length - 1;
        const view = setView(turn, isFoldedNow(turn, isLast), isLast);
        const before = host.children[nth] ?? null;
        if (before !== view.element) host.insertBefore(view.element, before);
        view.update("turn");
      }
    },
  };
}
