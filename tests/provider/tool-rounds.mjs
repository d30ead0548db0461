// In: a script with rounds and what a request brings. Out: the script of the round that is due.
// What was said is in the request again, so no state is kept: two panelists of one model do not disturb each other.

import { parts } from "./script-parts.mjs";

/** @param asked { functions, hosted: which kinds of tool are offered, ids: of the calls it repeats, turns: that called } */
export function nextRound({ rounds, ...common }, asked, pauses) {
  const playable = rounds.map((round, i) => ({ ...common, ...round, round: i + 1 })).filter((round) => {
    const said = [...parts(round)];
    return (asked.functions || !said.some(({ call }) => call)) && (asked.hosted || !said.some(({ used }) => used));
  });
  const list = pauses ? playable : unpaused(playable);
  return list.find((round, i) => !wasPlayed(round, i, asked)) ?? list.at(-1) ?? { ...common, ...rounds.at(-1), tool_calls: [] };
}

function wasPlayed(round, i, { ids, turns }) {
  const own = [...parts(round)].flatMap(({ call, used }) => (call ? [call.id] : used ? [`srvtoolu_${used.id}`] : [])).filter(Boolean);
  return own.length ? own.some((id) => ids.includes(id)) : turns > i;
}

/** Only Messages pauses a turn of hosted tools; elsewhere the answer just goes on. */
function unpaused(rounds) {
  const joined = [];
  let before = [];
  for (const round of rounds) {
    const own = round.parts ?? [round];
    if (round.finish_reason === "pause_turn") before.push(...own);
    else joined.push({ ...round, parts: [...before, ...own] }), (before = []);
  }
  return joined;
}
