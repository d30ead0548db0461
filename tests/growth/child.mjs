// Measures functions of cases.mjs: `node child.mjs NAME...`. Prints `{ name, small, large }` as a
// line of JSON for each function. `small` is the CPU time for an input of the function's `size`.
// `large` is the CPU time for an input that is eight times as large.

import { cases } from "./cases.mjs";

const LEAST_MS = 50;
const MOST = 12;
const ATTEMPTS = 5;

async function cpu(work, times) {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function measure({ size, make }) {
  const [small, large] = [make(size), make(8 * size)];
  let times = 1;
  // The first calls only warm up the JIT compiler.
  while ((await cpu(small, times)) < LEAST_MS) times *= 2;
  const best = { small: Infinity, large: Infinity };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    best.small = Math.min(best.small, await cpu(small, times));
    best.large = Math.min(best.large, await cpu(large, times));
    if (best.large <= MOST * best.small) break;
  }
  return best;
}

for (const name of process.argv.slice(2)) {
  console.log(JSON.stringify({ name, ...(await measure(cases[name])) }));
}
process.exit();
