// `npm run build`: Rust and JavaScript in src/ become the package in dist/. `--names` keeps function names, for profiling.
import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { bundled } from "./lib/bundled.mjs";
import { functionSizes } from "./lib/functions.mjs";
import { inlined } from "./lib/inlined.mjs";
import { thirdPartyLicenses } from "./lib/notices.mjs";
import { isMain, main, must, root, Stop } from "./lib/process.mjs";
import { target, wasmToolchain } from "./lib/toolchain.mjs";

const targetDir = join(root, "target/wasm");
const dist = join(root, "dist");
const compiled = join(targetDir, target, "release/llm_fuse.wasm");

// What rustc emits for its default wasm32 CPU and every supported engine understands. Named one by one, because with
// `--all-features` wasm-opt emits encodings that today's engines reject.
const features = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
];
// functions called once are inlined up to this size only, for one function that holds half of the core compresses worse.
const optimizations = ["-Oz", "--converge", "--one-caller-inline-max-function-size=20"];

/** The only files that import from npm. dist/ holds them bundled, so that the package has no dependencies. */
const bundledFiles = ["sse-parser.js", "tools/ipaddr.js", "tools/parser.js"];

export async function build({ names = false } = {}) {
  const started = performance.now();
  await compile();
  const core = await glueAndOptimize({ names });
  const written = await assemble(core);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const size = core["core_bg.wasm"].length.toLocaleString("en");
  console.log(`dist/: ${written ? `${written} files changed` : "up to date"}, core_bg.wasm ${size} bytes (${seconds} s)`);
}

/** The core with a cargo feature that the package does not have: `{ [file]: content }`, not optimised. For tests. Kept by the hash of the
 *  sources, because cargo would compile both anew each time they take turns. */
export async function coreWith(feature) {
  const sources = { ...(await readFolder(at("src"), (name) => name.endsWith(".rs"))), ...(await readFolder(at("scripts/bindgen"))) };
  for (const name of ["Cargo.toml", "Cargo.lock", "scripts/build.mjs"]) sources[name] = await readFile(at(name));
  const key = createHash("sha256");
  for (const name of Object.keys(sources).sort()) key.update(name).update(sources[name]);
  const cache = join(targetDir, `core-${feature}`, key.digest("hex").slice(0, 16));
  if (!existsSync(cache)) {
    await compile(["--features", feature]);
    await glueAndOptimize({ cache });
  }
  return readFolder(cache);
}

async function compile(more = []) {
  const toolchain = await wasmToolchain();
  if (!toolchain) throw new Stop(`No Rust toolchain here can compile for ${target}: \`node scripts/setup.mjs\` sets one up.`);
  const { cargo, args, env, sysroot } = toolchain;
  // A target folder of its own: the flags differ from the native build's, and the two would evict each other.
  await must(cargo, ["build", "--lib", "--release", "--target", target, "--target-dir", targetDir, ...args, ...more], {
    env: { ...env, CARGO_ENCODED_RUSTFLAGS: remaps(sysroot).join("\x1f") },
  });
}

/** Panic messages carry source paths; these keep the builder's folders out of the package. rustc takes the last that fits. */
function remaps(sysroot) {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const library = join(sysroot, "lib/rustlib/src/rust");
  const folders = {
    [root]: "llm-fuse",
    [cargoHome]: "cargo",
    [library]: "rust",
    ...(existsSync(library) && { [realpathSync(library)]: "rust" }),
  };
  return Object.entries(folders).map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
}

/** wasm-bindgen, then wasm-opt. Kept under target/ by the hash of all that goes in, for this is the slow part of a rebuild. */
async function glueAndOptimize({ names = false, cache }) {
  const key = createHash("sha256");
  for (const path of [compiled, ...["Cargo.lock", "scripts/build.mjs", "scripts/bindgen/src/main.rs", "node_modules/binaryen/package.json"].map(at)])
    key.update(await readFile(path));
  const isFinal = !cache;
  cache ??= join(targetDir, "core", key.digest("hex").slice(0, 16));

  if (!existsSync(cache)) {
    const scratch = join(targetDir, `core-${process.pid}`);
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    const wasm = join(scratch, "core_bg.wasm");
    await must("cargo", ["run", "--quiet", "--package", "llm-fuse-bindgen", "--", compiled, scratch]);
    await forgiveStaleClosures(join(scratch, "core.js"));
    const named = join(scratch, "named.wasm");
    await wasmOpt(wasm, "-o", named, "--debuginfo", "--strip-producers", "--strip-target-features", ...(isFinal ? optimizations : []));
    await wasmOpt(named, "-o", wasm, "--strip-debug");
    if (!isFinal) await rm(named);
    new WebAssembly.Module(await readFile(wasm));
    // Only the newest is worth keeping.
    await rm(dirname(cache), { recursive: true, force: true });
    await mkdir(dirname(cache), { recursive: true });
    await rename(scratch, cache);
  }
  const { "named.wasm": named, ...core } = await readFolder(cache);
  return names ? { ...core, "core_bg.wasm": named } : core;
}

const wasmOpt = (...args) =>
  // Starts from nothing: the module's own section of features would add to the list.
  must(process.execPath, [at("node_modules/binaryen/bin/wasm-opt"), "--mvp-features", ...features.map((feature) => `--enable-${feature}`), ...args], { quiet: true });

/** The core's functions as they were optimised, the biggest first: `[{ name, bytes }]`. */
export async function biggestFunctions() {
  const [key] = await readdir(join(targetDir, "core"));
  const functions = functionSizes(await readFile(join(targetDir, "core", key, "named.wasm")));
  return functions.map(({ name, bytes }) => ({ name: name.replace(/::h[0-9a-f]{16}$/, ""), bytes }));
}

/** After a panic the instance is replaced, and timers and promises of the old one still ring. wasm-bindgen's glue throws then, which
 *  outside a call is an uncaught exception and ends a Node process; there is nobody left to tell, so they ring unheard. */
async function forgiveStaleClosures(path) {
  const glue = await readFile(path, "utf8");
  const forgiving = glue.replaceAll("throw new Error('Cannot invoke closure from previous WASM instance');", "return undefined;");
  if (forgiving === glue) throw new Stop("wasm-bindgen's glue has changed: it no longer holds the check for stale closures.");
  await writeFile(path, forgiving);
}

/** Brings dist/ up to date and tells how many files that touched. What is the same stays, so that watchers stay calm. */
async function assemble(core) {
  const packages = await Promise.all(bundledFiles.map((name) => bundled(name, at(`src/js/${name}`))));
  const files = {
    ...core,
    "core_bg.wasm.d.ts":
      'declare const module: import("./index.js").WasmModule;\nexport default module;\n',
    "core_inline.js": inlined(core["core_bg.wasm"]),
    ...(await readFolder(at("src/js"), (name) => /\.(js|d\.ts)$/.test(name) && !/\.test\./.test(name))),
    ...Object.fromEntries(bundledFiles.map((name, i) => [name, packages[i].text])),
    "THIRD-PARTY-LICENSES.txt": await thirdPartyLicenses(packages.flatMap(({ notices }) => notices)),
  };

  let changed = 0;
  const before = existsSync(dist) ? await readFolder(dist) : {};
  for (const name of Object.keys(before).filter((name) => !(name in files))) {
    await rm(join(dist, name));
    await rmdir(dirname(join(dist, name))).catch(() => {}); // only if that was its last file
    changed++;
  }
  for (const [name, content] of Object.entries(files)) {
    if (before[name]?.equals(Buffer.from(content))) continue;
    const path = join(dist, name);
    await mkdir(dirname(path), { recursive: true });
    // In one step, for a server or a test may be reading.
    await writeFile(`${path}.${process.pid}`, content);
    await rename(`${path}.${process.pid}`, path);
    changed++;
  }
  return changed;
}

/** Relative path with slashes -> content. */
async function readFolder(folder, wanted = () => true) {
  const files = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const name = path.slice(folder.length + 1).replaceAll("\\", "/");
    if (entry.isFile() && wanted(name)) files[name] = await readFile(path);
  }
  return files;
}

const at = (path) => join(root, path);

if (isMain(import.meta)) await main(() => build({ names: process.argv.includes("--names") }));
