// `npm run bench [-- NAME...] [--write] [--short] [--before FOLDER]`. The benchmark cannot pass or
// fail. It measures all clients with the same work at the same time, so that the ratios are also
// valid on other machines. All parts take about ten minutes. With `--short`, each part measures one
// round, to test the command. FOLDER is a built checkout of another commit. The parts `tokens`,
// `latency` and `wall` then also measure this commit, as `llm-fuse before`.

import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { startBench } from "./bench.mjs";
import { describeNoise, measureNoise } from "./noise.mjs";
import { legend, machine, markdown, text } from "./report.mjs";

const parts = [
  "tokens",
  "latency",
  "start",
  "wall",
  "first-token",
  "memory",
  "workerd",
  "chromium",
  "size",
];
/** Options of the parts with `--short`. Each part has its own defaults. */
const SHORT = { rounds: 1, cold: 1, warm: 1, runs: 1, requests: 3, marks: [10, 100] };

const { values, positionals: names } = readArguments();
const { write, short } = values;
const unknown = names.filter((name) => !parts.includes(name));
if (unknown.length > 0)
  fail(`Unknown part ${unknown.join(", ")}. The parts are ${parts.join(", ")}.`);
if (write && (short || names.length > 0))
  fail("--write needs a full run of all parts: leave out --short and the names of parts.");

const heading = machine(new URL("node_modules/", pathToFileURL(process.env.BENCH_CLIENTS)));
if (values.before !== undefined)
  heading.push(`\`llm-fuse before\` is ${useCheckout(values.before)}`);
console.log([...heading, ...legend].join("\n"));

const began = performance.now();
const bench = await startBench();
const noises = [];
const lines = [
  "# Results",
  "",
  "The command `npm run bench -- --write` has written this page.",
  "",
  ...heading.map((line) => `- ${line}`),
];
for (const name of names.length > 0 ? parts.filter((part) => names.includes(part)) : parts) {
  const { default: measure } = await import(`./parts/${name}.mjs`);
  lines.push("", `## ${name}`);
  noises.push(measureNoise());
  const began = performance.now();
  for await (const table of measure(bench, short ? SHORT : {})) {
    console.log(text(table));
    lines.push(markdown(table));
  }
  console.log(`\n${name}: ${Math.round((performance.now() - began) / 1000)} s`);
}
noises.push(measureNoise());
const noise = describeNoise(noises);
console.log(`\n${noise}`);
const took =
  `${Math.round((performance.now() - began) / 1000)} s; load at the end ` +
  `${loadavg()[0].toFixed(1)}`;
console.log(`\n${took}`);
lines.splice(
  4 + heading.length,
  0,
  `- ${took}`,
  `- ${noise}`,
  "",
  ...legend.flatMap((line) => [line, ""]).slice(0, -1),
);
if (write) {
  const path = fileURLToPath(new URL("RESULTS.md", import.meta.url));
  writeFileSync(path, `${lines.join("\n")}\n`);
  execFileSync("npx", ["biome", "format", "--write", path]);
}
process.exit();

function readArguments() {
  const options = {
    write: { type: "boolean", default: false },
    short: { type: "boolean", default: false },
    before: { type: "string" },
  };
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return fail(error.message);
  }
}

/** Sets the checkout of `llm-fuse before`, and returns its commit. */
function useCheckout(folder) {
  process.env.BENCH_BEFORE = resolve(folder);
  if (!existsSync(resolve(folder, "dist/entry/inline.js")))
    fail(`--before needs a built checkout: run \`npm run build\` in ${folder}.`);
  const log = ["-C", folder, "log", "-1", "--format=commit %h of %cs"];
  return execFileSync("git", log, { encoding: "utf8" }).trim();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
