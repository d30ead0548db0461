// `npm test [-- TIER... --allow-missing]`: sets up, then runs the tiers in order and counts.
//
// A tier is a module with a default function: `({ installed, tarball, log, atExit }) => Promise<{ passed, failed, notRun? }>`.
// `installed` is a folder whose node_modules holds the packed package; `notRun` says what the machine lacks.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { atExit, main, must, root, Stop } from "./lib/process.mjs";
import { setup } from "./setup.mjs";

const tiers = {
  tidy: { module: "scripts/tiers/tidy.mjs" },
  native: { module: "scripts/tiers/native.mjs" },
  types: { module: "scripts/tiers/types.mjs", packed: true },
  node: { module: "tests/tiers/node.mjs", packed: true },
  chromium: { module: "tests/tiers/chromium.mjs", packed: true, browser: true },
  workerd: { module: "tests/tiers/workerd.mjs", packed: true },
  handler: { module: "tests/tiers/handler.mjs", packed: true },
  examples: { module: "tests/tiers/examples.mjs", packed: true, browser: true },
  page: { module: "tests/tiers/page.mjs", packed: true, browser: true },
};

function understand(args) {
  const flags = args.filter((arg) => arg.startsWith("-"));
  const names = args.filter((arg) => !arg.startsWith("-"));
  const odd = flags.find((flag) => flag !== "--allow-missing") ?? names.find((name) => !Object.hasOwn(tiers, name));
  if (odd) throw new Stop(`There is no ${odd}. Usage: npm test -- [--allow-missing] [${Object.keys(tiers).join("|")}]...`);
  return { wanted: Object.keys(tiers).filter((name) => names.length === 0 || names.includes(name)), allowMissing: flags.length > 0 };
}

/** A tier's result; whatever it throws is one failed test, and the next tier still runs. */
async function outcome(name, missing) {
  const { module, packed, browser } = tiers[name];
  const file = join(root, module);
  if (!existsSync(file)) return { passed: 0, failed: 0, notRun: `${module} does not exist` };
  if (browser && missing.length > 0) return { passed: 0, failed: 0, notRun: missing.map(({ name, help }) => `${name} is missing: ${help}`).join("; ") };
  try {
    const context = packed ? await packOnce() : {};
    const { default: run } = await import(pathToFileURL(file));
    const result = await run({ ...context, atExit, log: (line) => console.log(`  ${line}`) });
    if (result.notRun || result.passed + result.failed > 0) return result;
    console.log("  No test ran.");
  } catch (error) {
    console.error(error instanceof Stop ? error.message : error);
  }
  return { passed: 0, failed: 1 };
}

let pack;
/** `{ tarball, installed }`: what a user would get from npm, in a folder of its own. A failure is every tier's that needs it. */
function packOnce() {
  pack ??= (async () => {
    // What it imports may have come with the set-up.
    const { build } = await import("./build.mjs");
    await build();
    const folder = await mkdtemp(join(tmpdir(), "llm-fuse-test-"));
    atExit(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

    const [{ filename }] = JSON.parse(await must("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { quiet: "stdout" }));
    const tarball = join(folder, filename);
    const installed = join(folder, "installed");
    await writeFile(join(folder, "package.json"), "{}"); // npm looks no further up
    await must("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", installed, tarball], { cwd: folder, quiet: true });
    return { tarball, installed };
  })();
  return pack;
}

/** The exit code. A tier that could not run counts as one failure, unless that is allowed. */
function conclude(rows, allowMissing) {
  console.log();
  let [passed, failed] = [0, 0];
  for (const { name, seconds, notRun, ...count } of rows) {
    passed += count.passed;
    failed += notRun ? (allowMissing ? 0 : 1) : count.failed;
    console.log(`${name.padEnd(10)}${notRun ? `NOT RUN: ${notRun}` : `${String(count.passed).padStart(5)} passed${String(count.failed).padStart(5)} failed${seconds.padStart(10)}`}`);
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

await main(async () => {
  const { wanted, allowMissing } = understand(process.argv.slice(2));
  const missing = await setup({ browser: wanted.some((name) => tiers[name].browser) });

  const rows = [];
  for (const name of wanted) {
    console.log(`\n${name}`);
    const started = performance.now();
    const result = await outcome(name, missing);
    const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
    rows.push({ name, seconds, ...result });
    console.log(result.notRun ? `  NOT RUN: ${result.notRun}` : `  ${result.passed + result.failed} tests, ${result.failed} failed (${seconds})`);
  }
  return conclude(rows, allowMissing);
});
