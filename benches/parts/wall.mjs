// How much longer a run takes than its slowest panelist, its analyst and its writer, one after the other, as the provider saw them.

import { spread, stream } from "../bench.mjs";

export default async function* wall(bench, { runs = 21 } = {}) {
  const room = await bench.room("wall", { speaker: stream(100, { headers_ms: 100, between_ms: 2 }) });
  const once = async (name, options) => {
    await bench.calls();
    const { wall_ms } = await bench.round(name, room, Array(8).fill("speaker"), options);
    const calls = await bench.calls();
    if (calls.length !== 10) throw new Error(`${name} made ${calls.length} calls`);
    const took = calls.map(({ began_ms, ended_ms }) => ended_ms - began_ms);
    const path_ms = Math.max(...took.slice(0, 8)) + took[8] + took[9];
    return { path_ms, added_ms: wall_ms - path_ms };
  };
  const samples = { "by hand": [], "llm-fuse": [] };
  for (let i = 0; i <= runs; i++) {
    for (const name of Object.keys(samples)) {
      const sample = await once(name);
      if (i > 0) samples[name].push(sample);
    }
  }
  const row = (name, measured) => [name, spread(measured.map(({ path_ms }) => path_ms))[0], ...spread(measured.map(({ added_ms }) => added_ms))];
  yield* [
    {
      title: `Wall time of a run, ms: 8 panelists of 100 events, one every 2 ms, then analyst and writer (${runs} runs; \`by hand\`: the same calls by the hand-written loop)`,
      head: ["", "critical path", "added, median", "least", "most"],
      rows: Object.entries(samples).map(([name, measured]) => row(name, measured)),
    },
  ];
}
