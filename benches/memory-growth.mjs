// Makes many runs in one instance, with every way in which a run can end. After the numbers of runs
// in `at`, measures the memory. Sends the measurements to the parent process.

import { fuse, init } from "llm-fuse";
import * as glue from "../dist/core.js";

const AT_ONCE = 8;

const ways = {
  async completed(start) {
    await start(["speaker", "speaker", "speaker"]).result();
  },
  async "read to the end"(start) {
    for await (const event of start(["speaker", "speaker"]))
      if (event.type === "run.completed") return;
  },
  async "left by break"(start) {
    for await (const event of start(["speaker", "slow"]))
      if (event.type === "panelist.delta") break;
  },
  async cancelled(start) {
    const run = start(["speaker", "slow"]);
    for await (const event of run) if (event.type === "panelist.completed") run.cancel();
  },
  async "aborted by signal"(start) {
    const abort = new AbortController();
    const run = start(["slow", "slow"], { signal: abort.signal });
    for await (const event of run) if (event.type === "panelist.delta") abort.abort();
  },
  async "a panelist cancelled"(start) {
    const run = start(["speaker", "slow"]);
    for await (const event of run)
      if (event.type === "panelist.delta" && event.index === 1) run.cancelPanelist(1);
  },
  async "a panelist failed"(start) {
    await start(["speaker", "broken"]).result();
  },
  async failed(start) {
    await start(["broken", "broken"]).result();
  },
};

/** Waits until the runtime has closed its connections, then collects garbage. */
async function settled() {
  await new Promise((resolve) => setTimeout(resolve, 300));
  globalThis.gc();
}

process.on("message", async ({ baseURL, at }) => {
  const start = (analysis_models, options) =>
    fuse(
      {
        prompt: "Is the sky blue?",
        analysis_models,
        analyst: "analyst",
        writer: "writer",
        max_retries: 0,
      },
      { baseURL, apiKey: "key", ...options },
    );
  await init();
  const { memory } = await glue.default();
  const marks = [];
  const tally = {};
  const names = Object.keys(ways);
  for (let runs = 0; runs < at.at(-1); ) {
    const until = at.find((mark) => mark > runs);
    const batch = Array.from(
      { length: Math.min(AT_ONCE, until - runs) },
      (_, i) => names[(runs + i) % names.length],
    );
    await Promise.all(batch.map((way) => ways[way](start).catch(() => {})));
    for (const way of batch) tally[way] = (tally[way] ?? 0) + 1;
    runs += batch.length;
    if (runs !== until) continue;
    await settled();
    marks.push({
      runs,
      wasm_bytes: memory.buffer.byteLength,
      heap_bytes: process.memoryUsage().heapUsed,
    });
  }
  process.send({ marks, ways: tally });
});
