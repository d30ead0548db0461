// `npm run bench`. Measures and judges nothing: every number stands beside what others need for the same work in the same minutes, so that
// on another machine, or on a busy one, the ratios keep their meaning. Prints, and writes nothing else.

import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { connect } from "../tests/provider/client.mjs";
import { says } from "../tests/provider/scripts.mjs";
import { measureSize } from "./size.mjs";

const contenders = ["drain", "loop", "openai", "llm-fuse"];

/** `events`: per stream. Without a pause the provider's writes leave as blocks of 16 kB; with one of 0 ms each leaves by itself. */
const paces = [
  { title: "each event a write of its own, read as they coalesce", model: "single", events: 5000, between_ms: 0, rounds: 5 },
  { title: "in bursts, as many events to a write as fit into 16 kB", model: "burst", events: 5000, rounds: 5 },
  { title: "token-paced, an event every 2 ms on each stream", model: "paced", events: 300, between_ms: 2, rounds: 5 },
];

const deltas = [" Fasting", " can", " lower", " blood", " glucose", ",", " but", " people", " on", " insulin", " or", " \"sulfonylureas\"", " need", " a", " plan", " –", " ask", " first", ".", "\n\n"];
const lists = { consensus: [], contradictions: [], partial_coverage: [], unique_insights: [], blind_spots: [{ point: "Cost." }] };

const stream = (events, delay) => says("", { served: "anthropic/claude-sonnet-4.5", deltas, repeat: events / deltas.length, delay });
const charactersOf = (events) => (events / deltas.length) * deltas.join("").length;

const scripts = {
  ...Object.fromEntries(paces.map(({ model, events, between_ms }) => [model, stream(events, { between_ms })])),
  path: stream(100, { headers_ms: 100, between_ms: 2 }),
  analyst: says("", { deltas: [JSON.stringify(lists)] }),
  writer: says("Yes."),
};

const provider = peer("provider.mjs");
const [origins] = await once(provider.child, "message");
const room = connect(origins).room("bench");
await room.script(scripts);
const processes = new Map(contenders.map((name) => [name, peer("contender.mjs")]));
const round = (name, models, { ask } = processes.get(name)) => ask({ name, baseURL: room.baseURL, models });

heading();
for (const pace of paces) {
  for (const streams of [8, 1]) await cpuPerToken(pace, streams);
}
await addedTime();
await size();
process.exit();

/** All contenders in turn, round by round, so that what disturbs the machine disturbs them alike; the first round warms up. */
async function cpuPerToken({ title, model, events, rounds }, streams) {
  const tokens = streams * events;
  const rows = [];
  let reads;
  for (let i = 0; i <= rounds; i++) {
    const row = {};
    for (const name of contenders) {
      const { cpu_us, read } = await round(name, Array(streams).fill(model));
      row[name] = cpu_us / tokens;
      if (name === "drain") reads = read;
      else if (read !== streams * charactersOf(events)) throw new Error(`${name} read ${read} characters of ${streams * charactersOf(events)}`);
    }
    if (i > 0) rows.push(row);
  }
  // A ratio is taken within a round, and then the median over the rounds.
  const ratios = (other) => [`x ${other}`, ...contenders.map((name) => median(rows.map((row) => row[name] / row[other])).toFixed(2))];
  const micros = ["µs per token", ...contenders.map((name) => median(rows.map((row) => row[name])).toFixed(1))];
  const heading = `CPU, ${streams} x ${events} events, ${title} (${(tokens / reads).toFixed(1)} to a read; ${rounds} rounds)`;
  table(heading, ["", ...contenders], [micros, ratios("drain"), ratios("loop"), ratios("openai")]);
}

/** How much longer a run takes than its slowest panelist, its analyst and its writer, one after the other, as the provider saw them. */
async function addedTime(runs = 15) {
  const added = async (contender) => {
    await provider.ask("calls");
    const { wall_ms } = await round("llm-fuse", Array(8).fill("path"), contender);
    const calls = await provider.ask("calls");
    if (calls.length !== 10) throw new Error(`a run made ${calls.length} calls`);
    const took = calls.map(({ began, ended }) => ended - began);
    const path_ms = Math.max(...took.slice(0, 8)) + took[8] + took[9];
    return { path_ms, added_ms: wall_ms - path_ms };
  };
  const fresh = peer("contender.mjs");
  const cold = await added(fresh);
  fresh.child.kill();
  const warm = [];
  for (let i = 0; i < runs; i++) warm.push(await added());
  const row = (name, samples) => {
    const path = samples.map(({ path_ms }) => path_ms);
    const more = samples.map(({ added_ms }) => added_ms);
    return [name, median(path), median(more), Math.min(...more), Math.max(...more)].map((cell) => cell.toFixed?.(1) ?? cell);
  };
  const head = ["ms", "critical path", "added, median", "least", "most"];
  table("Wall time, 8 panelists of 100 events, one every 2 ms", head, [row(`${runs} runs`, warm), row("a process's first", [cold])]);
}

async function size() {
  const parts = await measureSize(fileURLToPath(new URL("..", import.meta.url)));
  const rows = Object.entries(parts).map(([part, sizes]) => [part, ...sizes.map((size) => size.toLocaleString("en"))]);
  table('Size of `export { fuse } from "llm-fuse"`, bundled and minified', ["bytes", "raw", "gzip 9", "brotli 11"], rows);
}

function heading() {
  const versions = ["eventsource-parser", "openai", "esbuild"].map((name) => {
    const { version } = JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url)));
    return `${name} ${version}`;
  });
  const [{ model }, ...more] = cpus();
  console.log(`Node ${process.version}; ${more.length + 1} x ${model}, load ${loadavg()[0].toFixed(1)}; ${versions.join(", ")}`);
  console.log("Medians. drain: fetch and reader.read(), thrown away; loop: eventsource-parser and JSON.parse; llm-fuse: the whole run.");
}

/** A process of benches/ that answers each message with one. */
function peer(file) {
  const child = fork(new URL(file, import.meta.url));
  process.once("exit", () => child.kill());
  child.once("exit", (code, signal) => {
    if (signal !== "SIGTERM") throw new Error(`${file} ended (${signal ?? code})`);
  });
  const ask = async (message) => {
    child.send(message);
    const [answer] = await once(child, "message");
    if (answer.failed) throw new Error(answer.failed);
    return answer;
  };
  return { child, ask };
}

function table(title, head, rows) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column] + 2))).join("");
  console.log(`\n${title}\n${[head, ...rows].map((row) => `  ${line(row)}`).join("\n")}`);
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
