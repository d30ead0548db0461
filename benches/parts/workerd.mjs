// CPU time of a default fusion in a Worker. Measures the CPU time of workerd's process for many
// sequential requests, from /proc/PID/stat. Subtracts the CPU time of a Worker that makes the same
// calls and drops their bodies.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { analysis, says } from "../../tests/provider/scripts.mjs";
import { startWorker } from "../../tests/tiers/workerd.mjs";
import { median, stream } from "../bench.mjs";

const MODELS = [
  "~anthropic/claude-opus-latest",
  "~openai/gpt-sol-latest",
  "~google/gemini-pro-latest",
];
/** Linux counts CPU time in units of 10 ms. */
const TICK_MS = 10;

export default async function* workerd(bench, { requests = 40, rounds = 4 } = {}) {
  if (process.platform !== "linux") {
    return yield { title: "CPU per fusion in workerd: measured on Linux only", head: [], rows: [] };
  }
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-bench-"));
  const before = await workerds();
  const worker = await startWorker({
    installed: fileURLToPath(new URL("../..", import.meta.url)),
    folder,
    log: console.log,
    entry: new URL("../worker.mjs", import.meta.url),
  });
  try {
    const address = await worker.ready;
    const [pid] = (await workerds()).filter((pid) => !before.includes(pid));
    const found = analysis(["A", "B", "C"], { quote: "people on insulin" }).text;
    const analysisDeltas = found.match(/.{1,5}/gs);
    const { baseURL } = await bench.session("workerd", scripts(analysisDeltas));
    const samples = await sample({ address, pid, baseURL, requests, rounds });
    yield table(samples, { analysisEvents: analysisDeltas.length, requests, rounds });
  } finally {
    await worker.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the scripts of the default panel, an analyst and a writer. */
function scripts(analysisDeltas) {
  const answer = stream(600, { between_ms: 0 });
  return {
    ...Object.fromEntries(MODELS.map((model) => [model, answer])),
    analyst: says("", { deltas: analysisDeltas, delay: { between_ms: 0 } }),
    writer: answer,
  };
}

/** Measures the CPU per request by round: `{ drain: [ms], fuse: [ms] }`. Round 1 warms up. */
async function sample({ address, pid, baseURL, requests, rounds }) {
  const request = async (way) => {
    const body = JSON.stringify({ way, baseURL, models: MODELS });
    const measured = await (await fetch(address, { method: "POST", body })).json();
    if (!measured.length) throw new Error(`workerd answered ${JSON.stringify(measured)}`);
  };
  const samples = { drain: [], fuse: [] };
  for (let i = 0; i <= rounds; i++) {
    for (const way of Object.keys(samples)) {
      const began = await cpu_ms(pid);
      for (let n = 0; n < requests; n++) await request(way);
      if (i > 0) samples[way].push(((await cpu_ms(pid)) - began) / requests);
    }
  }
  return samples;
}

function table({ drain, fuse }, { analysisEvents, requests, rounds }) {
  const difference = fuse.map((each_ms, i) => each_ms - drain[i]);
  const row = (name, values) => [
    name,
    ...[median(values), Math.min(...values), Math.max(...values)].map((ms) => ms.toFixed(2)),
  ];
  return {
    title:
      "CPU time of a request in workerd, in ms. Each of the default panel's three members sends " +
      `600 events, the analyst sends ${analysisEvents}, and the writer sends 600. Measured in ` +
      `${rounds} rounds of ${requests} sequential requests`,
    head: ["", "median", "minimum", "maximum"],
    rows: [
      row("a fusion", fuse),
      row("the same calls, drained", drain),
      row("the difference", difference),
    ],
  };
}

/** Returns the ids of the workerd processes that descend from this one. */
async function workerds() {
  const processes = new Map();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const [, name, parent] = stat.match(/^\d+ \((.*)\) \S (\d+)/s) ?? [];
    if (name) processes.set(pid, { name, parent });
  }
  const isOurs = (pid) =>
    pid === String(process.pid) || (processes.has(pid) && isOurs(processes.get(pid).parent));
  return [...processes]
    .filter(([pid, { name }]) => name === "workerd" && isOurs(pid))
    .map(([pid]) => pid);
}

/** Returns user and system time of all threads. */
async function cpu_ms(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return (Number(user) + Number(system)) * TICK_MS;
}
