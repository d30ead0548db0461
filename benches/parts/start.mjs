// Time from a client's call to its first request, which the provider's process reports.

import { spread, stream } from "../bench.mjs";

const names = ["loop", "llm-fuse", "openai", "@openrouter/sdk", "@langchain/openai", "ai"];

export default async function* start(bench, { cold = 5, warm = 25 } = {}) {
  const session = await bench.session("start", { speaker: stream(20) });
  const once = async (name, options) => {
    await bench.calls();
    const { began_ms } = await bench.round(name, session, ["speaker"], options);
    const [{ began_ms: arrived_ms }] = await bench.calls();
    return arrived_ms - began_ms;
  };
  const samples = Object.fromEntries(names.map((name) => [name, { cold: [], warm: [] }]));
  for (let i = 0; i < cold; i++)
    for (const name of names) samples[name].cold.push(await once(name, { fresh: true }));
  for (let i = 0; i <= warm; i++) {
    for (const name of names) {
      const took_ms = await once(name);
      if (i > 0) samples[name].warm.push(took_ms);
    }
  }
  yield* ["cold", "warm"].map((kind) => ({
    title:
      kind === "cold"
        ? "Time from the call to the first request, in ms, in a new process. The time includes " +
          `the import, but does not include the start of Node. Measured in ${cold} processes`
        : "Time from the call to the first request, in ms, in a process that has already made " +
          `a request. Measured ${warm} times`,
    head: ["", "median", "minimum", "maximum"],
    rows: names.map((name) => [name, ...spread(samples[name][kind])]),
  }));
}
