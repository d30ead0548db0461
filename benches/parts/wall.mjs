// Time that a run adds to its critical path: slowest panelist, analyst and writer in sequence.
// A call ends at the provider's last byte. It begins when the provider receives it, or when `fetch`
// is called. The difference is the runtime's cost of eight connections, which no run can avoid.

import { before, median, spread, stream } from "../bench.mjs";

const names = ["by hand", "llm-fuse", ...before()];

/** The panelists' calls are the calls 0 to 7. Then follow these calls. */
const [ANALYST, WRITER] = [8, 9];

const stages = {
  "from the start of the run to the first `fetch`": ({ start, called }) => called[0] - start,
  "from the first to the last `fetch` of the panel": ({ called }) =>
    called[ANALYST - 1] - called[0],
  "from the last byte of the panel to the analyst's `fetch`": ({ called, ended }) =>
    called[ANALYST] - Math.max(...ended.slice(0, ANALYST)),
  "from the last byte of the analyst to the writer's `fetch`": ({ called, ended }) =>
    called[WRITER] - ended[ANALYST],
  "from the last byte of the writer to the end of the run": ({ ended, end }) => end - ended[WRITER],
};

export default async function* wall(bench, { runs = 21 } = {}) {
  const session = await bench.session("wall", {
    speaker: stream(100, { headers_ms: 100, between_ms: 2 }),
  });
  const once = async (name) => {
    await bench.calls();
    const round = await bench.round(name, session, Array(ANALYST).fill("speaker"));
    const { began_ms: start, wall_ms, called_ms: called } = round;
    const calls = await bench.calls();
    if (calls.length !== 10 || called.length !== 10)
      throw new Error(`${name} made ${calls.length} calls`);
    const [arrived, ended] = ["began_ms", "ended_ms"].map((at) => calls.map((call) => call[at]));
    const over = (began) => {
      const took = ended.map((at, i) => at - began[i]);
      const path_ms = Math.max(...took.slice(0, ANALYST)) + took[ANALYST] + took[WRITER];
      return { path_ms, added_ms: wall_ms - path_ms };
    };
    const times = { start, called, ended, end: start + wall_ms };
    return { received: over(arrived), called: over(called), times };
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
  yield {
    title:
      "Wall time of a run, in ms. Eight panelists each send 100 events, one every 2 ms. Then the " +
      "analyst and the writer answer. In the rows `by hand`, the hand-written loop makes the " +
      `same calls. Measured in ${runs} runs`,
    head: ["", "critical path", "added, median", "minimum", "maximum"],
    rows: [
      ...names.map((name) => row(name, "received", "a call from its arrival at the provider")),
      ...names.map((name) => row(name, "called", "a call from the call of `fetch`")),
    ],
  };
  yield {
    title: "Stages of the same runs, in ms: median of each stage",
    head: ["", ...names],
    rows: Object.entries(stages).map(([label, stage]) => [
      label,
      ...names.map((name) => median(samples[name].map(({ times }) => stage(times))).toFixed(2)),
    ]),
  };
}
