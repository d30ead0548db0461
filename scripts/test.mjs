// `npm test [-- TIER... --allow-missing]`: installs what is missing, runs the tiers and prints the
// counts of passed and failed tests. A tier is a group of tests that run in one process.
//
// The module of a tier has a default function. The function gets `{ installed, tarball, log, atExit
// }` and resolves to `{ passed, failed, notRun? }`. `installed` is a folder whose node_modules has
// the packed package. `notRun` is the reason why the tier cannot run on this machine.
//
// The object `tiers` has the settings of each tier. With `newest`, a tier runs on npm's Node 24
// with the newest major versions of the client libraries. With `inCI`, a tier runs by default only
// if `CI` is set, because it is slow to set up. Three tiers run at a time, each in its own process.
// Their outputs do not mix.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientsPreload, node24 } from "./lib/clients.mjs";
import { atExit, main, root, run, runOrThrow, UserError } from "./lib/process.mjs";
import { setup } from "./setup.mjs";

// The longest tiers are first, so that no long tier runs alone at the end. Tiers that compile code
// on a new machine are also early, because compiling takes long.
const tiers = {
  page: { module: "tests/tiers/page.mjs", packed: true, browser: "chromium-headless" },
  native: { module: "scripts/tiers/native.mjs" },
  tidy: { module: "scripts/tiers/tidy.mjs" },
  webkit: { module: "tests/tiers/webkit.mjs", packed: true, browser: "webkit" },
  next: {
    module: "tests/tiers/next.mjs",
    packed: true,
    browser: "chromium",
    consumers: true,
    inTurns: true,
  },
  firefox: { module: "tests/tiers/firefox.mjs", packed: true, browser: "firefox", consumers: true },
  release: {
    module: "scripts/tiers/release.mjs",
    packed: true,
    clients: true,
    frameworks: true,
  },
  chromium: { module: "tests/tiers/chromium.mjs", packed: true, browser: "chromium" },
  node: { module: "tests/tiers/node.mjs", packed: true },
  handler: { module: "tests/tiers/handler.mjs", packed: true },
  "handler-node24": {
    module: "tests/tiers/handler.mjs",
    packed: true,
    clients: true,
    newest: true,
  },
  "ai-sdk": { module: "tests/tiers/ai-sdk.mjs", packed: true },
  "ai-sdk-node24": {
    module: "tests/tiers/ai-sdk.mjs",
    packed: true,
    clients: true,
    newest: true,
  },
  integrations: { module: "tests/tiers/integrations.mjs", packed: true },
  sdks: {
    module: "tests/tiers/sdks.mjs",
    packed: true,
    clients: true,
    newest: true,
    python: true,
    inCI: true,
  },
  cli: { module: "tests/tiers/cli.mjs", packed: true },
  workerd: { module: "tests/tiers/workerd.mjs", packed: true },
  types: { module: "scripts/tiers/types.mjs", packed: true },
  bundlers: {
    module: "tests/tiers/bundlers.mjs",
    packed: true,
    browser: "chromium",
    consumers: true,
    inTurns: true,
  },
  frameworks: {
    module: "tests/tiers/frameworks.mjs",
    packed: true,
    browser: "chromium",
    clients: true,
    frameworks: true,
  },
  examples: { module: "tests/tiers/examples.mjs", packed: true, browser: "chromium" },
  growth: { module: "tests/tiers/growth.mjs", packed: true },
  panic: { module: "tests/tiers/panic.mjs", packed: true },
  deno: { module: "tests/tiers/deno.mjs", packed: true, consumers: true, inTurns: true },
  bun: { module: "tests/tiers/bun.mjs", packed: true, consumers: true, inTurns: true },
};

function parseArgs(args) {
  const flags = args.filter((arg) => arg.startsWith("-"));
  const names = args.filter((arg) => !arg.startsWith("-"));
  const odd =
    flags.find((flag) => flag !== "--allow-missing") ??
    names.find((name) => !Object.hasOwn(tiers, name));
  if (odd)
    throw new UserError(
      `Unknown argument ${odd}. Usage: npm test -- [--allow-missing] ` +
        `[${Object.keys(tiers).join("|")}]...`,
    );
  return {
    wanted: Object.keys(tiers).filter((name) =>
      names.length === 0 ? !tiers[name].inCI || process.env.CI : names.includes(name),
    ),
    allowMissing: flags.length > 0,
  };
}

/** Returns a tier's result. If the tier throws, the result is one failed test. */
async function outcome(name, { missing, quiet }) {
  const { module, packed, browser, python, newest = false } = tiers[name];
  const file = join(root, module);
  if (!existsSync(file)) return { passed: 0, failed: 0, notRun: `${module} does not exist` };
  const lacking = missing.find(({ name }) => name === browser || (python && name === "python"));
  if (lacking)
    return { passed: 0, failed: 0, notRun: `${lacking.name} is missing: ${lacking.help}` };
  const node = newest ? node24() : process.execPath;
  if (!node)
    return {
      passed: 0,
      failed: 0,
      notRun: "npm has no Node 24 for this machine: run npm test with one",
    };
  let output = "";
  try {
    const context = { ...(packed && (await packOnce())), newest };
    const result = join(await ownFolder(), `${name}.json`);
    const tier = [join(root, "scripts/tier.mjs"), file, result, JSON.stringify(context)];
    const args = newest ? [...clientsPreload, ...tier] : tier;
    ({ output } = await run(node, args, { quiet }));
    const tally = JSON.parse(
      await readFile(result, "utf8").catch(() => '{ "passed": 0, "failed": 1 }'),
    );
    return {
      ...tally,
      failed: tally.notRun || tally.passed > 0 ? tally.failed : Math.max(tally.failed, 1),
      output,
    };
  } catch (error) {
    return {
      passed: 0,
      failed: 1,
      output: `${output}${error instanceof UserError ? error.message : error.stack}\n`,
    };
  }
}

/**
 * Number of tiers that run at the same time. Many tests wait for timers, so two workers would leave
 * a machine with two cores partly idle.
 */
const WORKERS = 3;

/**
 * Starts the tiers in order. Tiers with `inTurns` share a folder, so only one of them runs at a
 * time.
 */
async function runConcurrently(names, work) {
  const rest = [...names];
  let isShared = false;
  const worker = async () => {
    for (;;) {
      const at = rest.findIndex((name) => !(isShared && tiers[name].inTurns));
      if (at === -1 && rest.length === 0) return;
      if (at === -1) {
        await new Promise((wake) => setTimeout(wake, 200));
        continue;
      }
      const [name] = rest.splice(at, 1);
      const shares = tiers[name].inTurns;
      if (shares) isShared = true;
      await work(name);
      if (shares) isShared = false;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

let own;
const ownFolder = () =>
  (own ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), "llm-fuse-test-"));
    atExit(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    return folder;
  })());

let pack;
/** Packs and installs the package as npm would. Returns `{ tarball, installed }`. If packing fails,
 *  each tier that needs the packed package fails. */
function packOnce() {
  pack ??= (async () => {
    // Import this module only here: the set-up must first install its dependencies.
    const { build } = await import("./build.mjs");
    await build();
    const folder = await ownFolder();
    const [{ filename }] = JSON.parse(
      await runOrThrow(
        "npm",
        ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
        { quiet: "stdout" },
      ),
    );
    const tarball = join(folder, filename);
    const installed = join(folder, "installed");
    await writeFile(join(folder, "package.json"), "{}"); // stops npm's search for a package.json
    await runOrThrow(
      "npm",
      ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", installed, tarball],
      { cwd: folder, quiet: true },
    );
    // The entry `llm-fuse/otel` imports `@opentelemetry/api`. npm does not install this optional
    // peer dependency.
    const peers = join(installed, "node_modules/@opentelemetry");
    await mkdir(peers);
    await symlink(join(root, "node_modules/@opentelemetry/api"), join(peers, "api"));
    return { tarball, installed };
  })();
  return pack;
}

/**
 * Prints the counts. Returns the exit code. A tier that could not run is a failure, except with
 * `--allow-missing`.
 */
function summarize(rows, allowMissing) {
  console.log();
  let [passed, failed] = [0, 0];
  for (const { name, seconds, notRun, ...count } of rows) {
    passed += count.passed;
    failed += notRun ? (allowMissing ? 0 : 1) : count.failed;
    const [ok, bad] = [count.passed, count.failed].map((number) => String(number).padStart(5));
    const counts = `${ok} passed${bad} failed${seconds.padStart(10)}`;
    console.log(name.padEnd(15) + (notRun ? `NOT RUN: ${notRun}` : counts));
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

await main(async () => {
  const { wanted, allowMissing } = parseArgs(process.argv.slice(2));
  const missing = await setup({
    browsers: [...new Set(wanted.map((name) => tiers[name].browser).filter(Boolean))],
    consumers: wanted.some((name) => tiers[name].consumers),
    clients: wanted.some((name) => tiers[name].clients),
    python: wanted.some((name) => tiers[name].python),
    frameworks: wanted.some((name) => tiers[name].frameworks),
  });

  const rows = new Map();
  await runConcurrently(wanted, async (name) => {
    // If only one tier runs, it may print while it runs.
    const quiet = wanted.length > 1;
    if (!quiet) console.log(`\n${name}`);
    const started = performance.now();
    const result = await outcome(name, { missing, quiet });
    const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
    rows.set(name, { name, seconds, ...result });
    const end = result.notRun
      ? `NOT RUN: ${result.notRun}`
      : `${result.passed + result.failed} tests, ${result.failed} failed (${seconds})`;
    console.log(`${quiet ? `\n${name}\n` : ""}${result.output ?? ""}  ${end}`);
  });
  return summarize(
    wanted.map((name) => rows.get(name)),
    allowMissing,
  );
});
