// Returns the script of the next round of a tool loop. The request contains the earlier rounds, so
// no state is kept, and panelists with the same model are independent.

import { parts } from "./script-parts.mjs";

/**
 * @param asked describes the request: { functions, hosted, ids, turns }. `functions` and `hosted`
 *   are the offered tools. `ids` are the ids of earlier calls. `turns` is the number of earlier
 *   turns that contain calls
 */
export function nextRound({ rounds, ...common }, asked, pauses) {
  const playable = rounds
    .map((round, i) => ({ ...common, ...round, round: i + 1 }))
    .filter((round) => {
      const said = [...parts(round)];
      return (
        (asked.functions || !said.some(({ call }) => call)) &&
        (asked.hosted || !said.some(({ used }) => used))
      );
    });
  const list = pauses ? playable : unpaused(playable);
  return (
    list.find((round, i) => !wasPlayed(round, i, asked)) ??
    list.at(-1) ?? { ...common, ...rounds.at(-1), tool_calls: [] }
  );
}

function wasPlayed(round, i, { ids, turns }) {
  const own = [...parts(round)]
    .flatMap(({ call, used }) => (call ? [call.id] : used ? [`srvtoolu_${used.id}`] : []))
    .filter(Boolean);
  return own.length ? own.some((id) => ids.includes(id)) : turns > i;
}

/**
 * Merges each round that ends in `pause_turn` with the next round, because two of the dialects have
 * no `pause_turn`.
 */
function unpaused(rounds) {
  const joined = [];
  let before = [];
  for (const round of rounds) {
    const own = round.parts ?? [round];
    before.push(...own);
    if (round.finish_reason === "pause_turn") continue;
    joined.push({ ...round, parts: before });
    before = [];
  }
  return joined;
}
