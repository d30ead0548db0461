// Loads the views of turns. The page needs them only for the first turn, and Markdown with them.

const RETRY_MS = 2000;

/**
 * @param actions see `createApp()`
 * @returns the methods of `createTurnList()`. Until it is loaded, there are no views
 */
export function createLazyTurnList(host, actions) {
  let list = null;
  let turns = [];
  let loading;

  /** Tries again without a connection, because a run may be in progress. */
  async function load() {
    while (!list) {
      try {
        const { createTurnList } = await import("./turn-list.js");
        list = createTurnList(host, actions);
        list.draw(turns);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  return {
    view: (turn) => list?.view(turn),
    updateAll: () => list?.updateAll(),
    draw(next) {
      turns = next;
      if (list) list.draw(turns);
      else if (turns.length > 0) loading ??= load();
    },
    /** Resolves when the turns are in the document. */
    drawn: () => loading ?? Promise.resolve(),
  };
}
