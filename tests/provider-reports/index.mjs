// Runs all rows in their roles, and compares the failures with known-failures.json.
//
// known-failures.json lists the rows that fail at present. Rows may only be removed from this list.
// The test fails if a row outside the list fails, or if a row in the list passes. UPDATE_GOLDEN=1
// removes the rows that pass.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { ROLES, runRow } from "./runner.mjs";

const WIDTH = 24;
const LIMIT_MS = 60_000;

const known = new URL("known-failures.json", import.meta.url);
const names = readdirSync(new URL("cases/", import.meta.url)).sort();

/** All rows of cases/, `{ kind, name, from, ... }`. runner.mjs describes the fields. */
export const rows = (
  await Promise.all(
    names.map(async (name) => {
      const { default: list } = await import(new URL(`cases/${name}`, import.meta.url));
      return list.map((row) => ({ ...row, kind: name.replace(/\.mjs$/, "") }));
    }),
  )
).flat();

/** Returns a result for each row in each role: `{ kind, row, role, name, faults }`. */
export async function runAll(api, isWanted = () => true) {
  const cells = rows
    .flatMap((row) => (row.roles ?? ROLES).map((role) => ({ row, role })))
    .map((cell) => ({ ...cell, name: `${cell.row.kind}: ${cell.row.name} (${cell.role})` }))
    .filter(isWanted);
  // Rows of this kind block the process, so they run alone.
  const isAlone = ({ row }) => row.kind === "bytes-first";
  await runSome(
    cells.filter((cell) => !isAlone(cell)),
    WIDTH,
    api,
  );
  await runSome(cells.filter(isAlone), 1, api);
  return cells;
}

async function runSome(cells, width, api) {
  let next = 0;
  const worker = async () => {
    while (next < cells.length) {
      const cell = cells[next++];
      cell.faults = await faultsOf(cell, api);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

async function faultsOf({ row, role }, api) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve([`took longer than ${LIMIT_MS} ms`]), LIMIT_MS);
  });
  const run = runRow(row, role, api).catch((error) => [`thrown: ${error?.stack ?? error}`]);
  const faults = await Promise.race([run, late]);
  clearTimeout(timer);
  return faults;
}

/** Runs the rows as tests. Returns results in the format that the tiers report. */
export async function providerReports(api) {
  const list = JSON.parse(readFileSync(known, "utf8"));
  const isKnown = ({ row, role }) => rolesOf(list, row.kind, row.name).includes(role);
  const wanted = ({ name }) => `provider-reports: ${name}`.includes(process.env.SCENARIO ?? "");
  const cells = await runAll(api, wanted);
  const passing = cells.filter((cell) => isKnown(cell) && cell.faults.length === 0);
  if (process.env.UPDATE_GOLDEN && passing.length > 0) shrink(list, passing);
  const results = cells.map((cell) => {
    const passes = cell.faults.length === 0;
    const error = passes
      ? "passes: remove it from tests/provider-reports/known-failures.json (UPDATE_GOLDEN=1)"
      : cell.faults.join("\n");
    const ok = passes !== isKnown(cell) || (passes && Boolean(process.env.UPDATE_GOLDEN));
    return { name: `provider-reports: ${cell.name}`, ok, error, golden: {} };
  });
  return [...results, ...unknownEntries(list)];
}

/**
 * Returns the roles of a row. known-failures.json has these roles as one string, separated by
 * commas.
 */
const rolesOf = (list, kind, name) => (list[kind]?.[name] ?? "").split(", ");

/** Removes the rows that pass from the list, and writes the list. */
function shrink(list, passing) {
  for (const { row, role } of passing) {
    const roles = rolesOf(list, row.kind, row.name).filter((other) => other !== role);
    if (roles.length > 0) list[row.kind][row.name] = roles.join(", ");
    else delete list[row.kind][row.name];
    if (Object.keys(list[row.kind]).length === 0) delete list[row.kind];
  }
  writeFileSync(known, `${JSON.stringify(list, null, 2)}\n`);
}

/** Returns a failed result for each entry of the list that names no row. */
function unknownEntries(list) {
  const exists = (kind, name, role) =>
    rows.some(
      (row) => row.kind === kind && row.name === name && (row.roles ?? ROLES).includes(role),
    );
  return Object.entries(list).flatMap(([kind, entries]) =>
    Object.entries(entries)
      .flatMap(([name]) => rolesOf(list, kind, name).map((role) => [kind, name, role]))
      .filter((entry) => !exists(...entry))
      .map((entry) => ({
        name: `provider-reports: known-failures.json names no row: ${entry.join(", ")}`,
        ok: false,
        error: "remove it",
        golden: {},
      })),
  );
}
