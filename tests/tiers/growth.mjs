// Fails if the time to read input from outside grows faster than the input. The limit for eight
// times the input is 12 times the CPU time. A child process measures the functions one after the
// other.
//
// Quadratic code takes 64 times the CPU time in every process. Compilation and garbage collection
// can double the time of linear code. Therefore a function fails only if three processes agree.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cases } from "../growth/cases.mjs";

const MOST = 12;
const PROCESSES = 3;
const child = fileURLToPath(new URL("../growth/child.mjs", import.meta.url));
const LIMIT_MS = 600_000;

/** Returns `{ name, small, large }` for each function. */
async function measure(names) {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [child, ...names], { timeout: LIMIT_MS });
  return stdout.trim().split("\n").map(JSON.parse);
}

export default async function run({ log }) {
  const names = Object.keys(cases);
  let measured = await measure(names);
  const missing = names.length - measured.length;
  if (missing > 0) log(`  FAIL ${missing} readers were not measured`);
  const grown = () => measured.filter(({ small, large }) => large > MOST * small);
  for (let round = 1; round < PROCESSES && grown().length > 0; round += 1) {
    measured = await measure(grown().map(({ name }) => name));
  }
  for (const { name, small, large } of grown()) {
    log(
      `  FAIL ${name}: ${large.toFixed(0)} ms for eight times the input of ${small.toFixed(0)} ms`,
    );
  }
  const failed = grown().length + missing;
  return { passed: names.length - failed, failed };
}
