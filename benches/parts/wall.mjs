// Time that a run adds to its critical path: slowest panelist, analyst and writer in sequence.
// A call ends at the provider's last byte. It begins when the provider receives it, or when `fetch`
// is called. The difference is the runtime's cost of eight connections, which no run can avoid.

import { before, spread, stream } from "../bench.mjs";

const names = ["by hand", "llm-fuse", ...before()];

export default async function* wall(bench, { runs = 21 } = {}) {
  const session = await bench.session("wall", {
    speaker: stream(100, { headers_ms: 100, between_ms: 2 }),
  });
  const once = async (name) => {
    await bench.calls();
    const { wall_ms, called_ms } = await bench.round(name, session, Array(8).fill("speaker"));
    const calls = await bench.calls();
    if (calls.length !== 10 || called_ms.length !== 10)
      throw new Error(`${name} made ${calls.length} calls`);
    const over = (began) => {
      const took = calls.map(({ ended_ms }, i) => ended_ms - began(i));
      const path_ms = Math.max(...took.slice(0, 8)) + took[8] + took[9];
      return { path_ms, added_ms: wall_ms - path_ms };
    };
    return { received: over((i) => calls[i].began_ms), called: over((i) => called_ms[i]) };
  };
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i <= runs; i++) {
    for (const name of names) {
      const sample = await once(name);
      if (i > 0) samples[name].push(sample);
    }
  }
  const row = (name, from, label) => {
    const measured = samples[name].map((sample) => sample[from]);
    return [
      `${name}, ${label}`,
      spread(measured.map(({ path_ms }) => path_ms))[0],
      ...spread(measured.map(({ added_ms }) => added_ms)),
    ];
  };
  yield* [
    {
      title:
        "Wall time of a run, in ms. Eight panelists each send 100 events, one every 2 ms. Then " +
        "the analyst and the writer answer. In the rows `by hand`, the hand-written loop makes " +
        `the same calls. Measured in ${runs} runs`,
      head: ["", "critical path", "added, median", "minimum", "maximum"],
      rows: [
        ...names.map((name) => row(name, "received", "a call from its arrival at the provider")),
        ...names.map((name) => row(name, "called", "a call from the call of `fetch`")),
      ],
    },
  ];
}
