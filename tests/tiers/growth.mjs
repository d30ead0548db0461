// Fails if a reader of outside input takes more than 12 times the CPU time for an input of eight
// times the size. One child process measures all readers of a group.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cases } from "../growth/cases.mjs";

const MOST = 12;
const child = fileURLToPath(new URL("../growth/child.mjs", import.meta.url));
const LIMIT_MS = 600_000;

export default async function run({ log }) {
  const names = Object.keys(cases);
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [child, ...names], { timeout: LIMIT_MS });
  const measured = stdout.trim().split("\n").map(JSON.parse);
  const grown = measured.filter(({ small, large }) => large > MOST * small);
  for (const { name, small, large } of grown) {
    log(
      `  FAIL ${name}: ${large.toFixed(0)} ms for eight times the input of ${small.toFixed(0)} ms`,
    );
  }
  const missing = names.length - measured.length;
  if (missing > 0) log(`  FAIL ${missing} readers were not measured`);
  return { passed: measured.length - grown.length, failed: grown.length + missing };
}
