// Reports the results of scenarios from any runtime. Prints every failure and returns { passed,
// failed }. Compares the golden files here, because Node receives the results of every runtime.
// With `UPDATE_GOLDEN=1`, only Node's results rewrite the golden files. The results of the other
// runtimes are always compared with the files.

import { readFile, writeFile } from "node:fs/promises";
import { canonical } from "../scenarios/assert.mjs";

const file = (name) => new URL(`../golden/${name}.json`, import.meta.url);

export async function report(results, { runtime, log }) {
  const tally = { passed: 0, failed: 0 };
  for (const result of results) {
    const faults = result.ok ? await goldenFaults(result.golden, runtime) : [result.error];
    if (faults.length === 0) tally.passed += 1;
    else {
      tally.failed += 1;
      log(`  FAIL ${result.name}\n${indent(faults.join("\n"))}`);
    }
  }
  table(results, { runtime, log });
  return tally;
}

export const sumTallies = (...tallies) => ({
  passed: tallies.reduce((all, { passed }) => all + passed, 0),
  failed: tallies.reduce((all, { failed }) => all + failed, 0),
});

/** Prints the outcomes of provider-faults.mjs as a table, one row for each fault. */
function table(results, { runtime, log }) {
  const rows = new Map();
  for (const { row, column, observed } of results.flatMap(({ cells }) => cells ?? []))
    rows.set(row, { ...rows.get(row), [column]: observed });
  if (rows.size === 0) return;
  const columns = ["panelist", "analyst", "writer"];
  const lines = [
    [`faults in ${runtime}`, ...columns],
    ...[...rows].map(([row, cells]) => [row, ...columns.map((column) => cells[column] ?? "")]),
  ];
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  for (const line of lines)
    log(
      `  ${line
        .map((text, i) => text.padEnd(widths[i]))
        .join("  ")
        .trimEnd()}`,
    );
}

const browsers = ["chromium", "firefox", "webkit"];

/**
 * Returns the scenarios that can run in this runtime. Prints each other scenario with the reason.
 */
export function scenariosFor(scenarios, runtime, log) {
  // SCENARIO selects scenarios by a part of their names.
  const wanted = scenarios.filter(({ name }) => name.includes(process.env.SCENARIO ?? ""));
  const reason = ({ not }) =>
    not?.[runtime] ?? (browsers.includes(runtime) ? not?.browser : undefined);
  for (const scenario of wanted)
    if (reason(scenario)) log(`  not in ${runtime}: ${scenario.name} (${reason(scenario)})`);
  return wanted.filter((scenario) => !reason(scenario));
}

/** Runs an additional check of one runtime. The check counts as a scenario. */
export async function runExtra(name, run) {
  try {
    await run();
    return { name, ok: true, golden: {} };
  } catch (error) {
    return { name, ok: false, error: error?.stack ?? String(error), golden: {} };
  }
}

async function goldenFaults(golden, runtime) {
  const faults = [];
  for (const [name, value] of Object.entries(golden)) {
    if (process.env.UPDATE_GOLDEN && ["node", "process"].includes(runtime))
      await writeFile(file(name), `${JSON.stringify(value, null, 2)}\n`);
    const kept = JSON.parse(await readFile(file(name), "utf8").catch(() => "null"));
    if (canonical(kept) !== canonical(value))
      faults.push(
        `differs from tests/golden/${name}.json (UPDATE_GOLDEN=1 accepts it):\n` +
          `${firstDifference(kept, value)}`,
      );
  }
  return faults;
}

function firstDifference(kept, value) {
  const [expected, actual] = [kept, value].map((held) => JSON.stringify(held, null, 2).split("\n"));
  const at = actual.findIndex((line, i) => line !== expected[i]);
  const near = (lines) => lines.slice(Math.max(0, at - 3), at + 4).join("\n");
  return `expected, near line ${at + 1}:\n${near(expected)}\nactual:\n${near(actual)}`;
}

const indent = (text) => text.replace(/^/gm, "       ");
