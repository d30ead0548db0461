// Checks formatting, lints, dead code, documentation and the rules of tests/tidy.mjs. Also runs the
// tests of scripts and of test helpers.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import rules from "../../tests/tidy.mjs";
import { root, run } from "../lib/process.mjs";
import { target, wasmToolchain } from "../lib/toolchain.mjs";

export default async function tidy({ log }) {
  const total = { passed: 0, failed: 0 };
  const add = ({ passed, failed }) => {
    total.passed += passed;
    total.failed += failed;
  };

  for (const tool of ["fmt", "clippy"]) {
    if ((await run("cargo", [tool, "--version"], { quiet: true })).code !== 0) {
      const component = tool === "fmt" ? "rustfmt" : tool;
      return { ...total, notRun: `cargo ${tool} is missing: rustup component add ${component}` };
    }
  }
  add(await command(["fmt", "--all", "--check"], log));
  add(
    await command(
      ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"],
      log,
    ),
  );
  add(await clippyForWasm(log));
  const docs = ["doc", "--quiet", "--no-deps", "--document-private-items"];
  add(await command(docs, log, { env: { RUSTDOCFLAGS: "-D warnings" } }));
  add(await npmTool("@biomejs/biome/bin/biome", ["ci", "--error-on-warnings"], log));
  add(await npmTool("knip/bin/knip.js", ["--no-progress"], log));
  add(await rules({ log }));
  add(await scriptTests(log));
  return total;
}

async function command(args, log, { cargo = "cargo", env } = {}) {
  const { code, output } = await run(cargo, args, { env, quiet: true });
  if (code === 0) return { passed: 1, failed: 0 };
  log(`${["cargo", ...args].join(" ")}\n${output}`);
  return { passed: 0, failed: 1 };
}

/** Runs a tool of node_modules in the root. */
async function npmTool(path, args, log) {
  const tool = join(root, "node_modules", path);
  const { code, output } = await run(process.execPath, [tool, ...args], { quiet: true });
  if (code === 0) return { passed: 1, failed: 0 };
  log(`${path} ${args.join(" ")}\n${output}`);
  return { passed: 0, failed: 1 };
}

/**
 * Lints src/web, which is compiled only for wasm. Debian's compiler may have no matching clippy.
 */
async function clippyForWasm(log) {
  const toolchain = await wasmToolchain();
  const args = [
    "clippy",
    "--quiet",
    "--lib",
    "--target",
    target,
    "--target-dir",
    join(root, "target/wasm"),
    ...(toolchain?.args ?? []),
  ];
  if (toolchain?.cargo === "cargo")
    return command([...args, "--", "-D", "warnings"], log, toolchain);
  log("src/web was not linted: clippy needs a wasm target from rustup.");
  return { passed: 0, failed: 0 };
}

async function scriptTests(log) {
  const files = [];
  for (const folder of [
    "scripts",
    "scripts/tiers",
    "tests/tidy",
    "tests/provider",
    "tests/remote",
    "tests/state",
    "tests/tools",
    "tests/examples",
  ])
    for (const name of await readdir(join(root, folder)))
      if (name.endsWith(".test.mjs")) files.push(join(folder, name));
  const { code, output } = await run(
    process.execPath,
    ["--test", "--test-reporter=tap", ...files],
    { quiet: true },
  );
  const number = (name) => Number(output.match(new RegExp(`^# ${name} (\\d+)$`, "m"))?.[1] ?? 0);
  if (code !== 0) log(output);
  return { passed: number("pass"), failed: code === 0 ? 0 : Math.max(1, number("fail")) };
}
