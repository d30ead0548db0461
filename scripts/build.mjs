// `npm run build`: builds the package in dist/ from the Rust and JavaScript in src/.
// `--names` keeps function names, for profiling.
import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { bundleDependency } from "./lib/bundle-dependency.mjs";
import { functionSizes } from "./lib/functions.mjs";
import { inlined } from "./lib/inlined.mjs";
import { isMain, main, root, runOrThrow, UserError } from "./lib/process.mjs";
import { thirdPartyLicenses } from "./lib/third-party-licenses.mjs";
import { target, wasmToolchain } from "./lib/toolchain.mjs";

const targetDir = join(root, "target/wasm");
const dist = join(root, "dist");
const compiled = join(targetDir, target, "release/llm_fuse.wasm");

// WebAssembly features that every supported engine has. rustc uses these features by default. With
// `--all-features`, wasm-opt would also use newer features, which today's engines reject.
const features = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
];
// Limits the inlining of functions that are called once: a very large function compresses worse.
const optimizations = ["-Oz", "--converge", "--one-caller-inline-max-function-size=20"];

/**
 * Files that import from npm. Their imports are bundled in dist/, so the package has no
 * dependencies.
 */
const bundledFiles = ["sse-parser.js", "tools/ipaddr.js", "tools/parser.js"];

/**
 * The command-line program. dist/cli.js contains src/js/cli and the npm packages that it imports.
 * The program imports `llm-fuse` as a package, so dist/cli.js does not contain the core again.
 */
const command = { name: "cli.js", entry: "src/js/cli/main.js" };

export async function build({ names = false } = {}) {
  const started = performance.now();
  await compile();
  const core = await glueAndOptimize({ names });
  const written = await assemble(core);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const size = core["core_bg.wasm"].length.toLocaleString("en");
  console.log(
    `dist/: ${written ? `${written} files changed` : "up to date"}, core_bg.wasm ${size} ` +
      `bytes (${seconds} s)`,
  );
}

/**
 * Builds the core with one more cargo feature and without optimisation. Only tests use this
 * function. Returns `{ [file]: content }`. Caches the result by the hash of the sources, because
 * cargo recompiles the core when the list of features changes.
 */
export async function buildWithFeature(feature) {
  const sources = {
    ...(await readFolder(at("src"), (name) => name.endsWith(".rs"))),
    ...(await readFolder(at("scripts/bindgen"))),
  };
  for (const name of ["Cargo.toml", "Cargo.lock", "scripts/build.mjs"])
    sources[name] = await readFile(at(name));
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
  if (!toolchain)
    throw new UserError(
      `No Rust toolchain here can compile for ${target}: \`node scripts/setup.mjs\` sets one up.`,
    );
  const { cargo, args, env, sysroot } = toolchain;
  // This build has its own target folder, because its flags differ from those of the native build.
  await runOrThrow(
    cargo,
    [
      "build",
      "--lib",
      "--release",
      "--target",
      target,
      "--target-dir",
      targetDir,
      ...args,
      ...more,
    ],
    {
      env: { ...env, CARGO_ENCODED_RUSTFLAGS: pathRemaps(sysroot).join("\x1f") },
    },
  );
}

/**
 * Returns compiler flags that replace local folders in panic messages by short names. If several
 * flags match a path, rustc applies the last one.
 */
function pathRemaps(sysroot) {
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

/** Runs wasm-bindgen, then wasm-opt. Caches the result under target/ by the hash of its inputs. */
async function glueAndOptimize({ names = false, cache }) {
  const key = createHash("sha256");
  for (const path of [
    compiled,
    ...[
      "Cargo.lock",
      "scripts/build.mjs",
      "scripts/bindgen/src/main.rs",
      "node_modules/binaryen/package.json",
    ].map(at),
  ])
    key.update(await readFile(path));
  const isFinal = !cache;
  cache ??= join(targetDir, "core", key.digest("hex").slice(0, 16));

  if (!existsSync(cache)) {
    const scratch = join(targetDir, `core-${process.pid}`);
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    const wasm = join(scratch, "core_bg.wasm");
    await runOrThrow("cargo", [
      "run",
      "--quiet",
      "--package",
      "llm-fuse-bindgen",
      "--",
      compiled,
      scratch,
    ]);
    await patchGlue(join(scratch, "core.js"));
    const named = join(scratch, "named.wasm");
    await wasmOpt(
      wasm,
      "-o",
      named,
      "--debuginfo",
      "--strip-producers",
      "--strip-target-features",
      ...(isFinal ? optimizations : []),
    );
    await wasmOpt(named, "-o", wasm, "--strip-debug");
    if (!isFinal) await rm(named);
    new WebAssembly.Module(await readFile(wasm));
    // Delete the results of earlier builds, so that the cache contains only this result.
    await rm(dirname(cache), { recursive: true, force: true });
    await mkdir(dirname(cache), { recursive: true });
    await rename(scratch, cache);
  }
  const { "named.wasm": named, ...core } = await readFolder(cache);
  return names ? { ...core, "core_bg.wasm": named } : core;
}

const wasmOpt = (...args) =>
  // `--mvp-features` turns all optional features off, and the next flags turn on those in
  // `features`. Otherwise wasm-opt would also use features that the module declares.
  runOrThrow(
    process.execPath,
    [
      at("node_modules/binaryen/bin/wasm-opt"),
      "--mvp-features",
      ...features.map((feature) => `--enable-${feature}`),
      ...args,
    ],
    { quiet: true },
  );

/** Returns the functions of the optimised core, largest first: `[{ name, bytes }]`. */
export async function biggestFunctions() {
  const [key] = await readdir(join(targetDir, "core"));
  const functions = functionSizes(await readFile(join(targetDir, "core", key, "named.wasm")));
  return functions.map(({ name, bytes }) => ({
    name: name.replace(/::h[0-9a-f]{16}$/, ""),
    bytes,
  }));
}

/** Replacements in wasm-bindgen's glue: `[text or pattern, replacement]`. */
const gluePatches = [
  // After a panic, timers and promises still call closures of the old instance. Without this patch,
  // the glue would throw an uncaught exception, which ends a Node process.
  ["throw new Error('Cannot invoke closure from previous WASM instance');", "return undefined;"],
  // Create the decoder and the encoder only when they are used. jsdom has neither, and an import of
  // the package must not throw there.
  [
    /let cachedTextDecoder = new TextDecoder\(.*\);\ncachedTextDecoder\.decode\(\);/,
    "let cachedTextDecoder;",
  ],
  ["if (numBytesDecoded >= MAX_SAFARI", "if (!cachedTextDecoder || numBytesDecoded >= MAX_SAFARI"],
  [
    /const cachedTextEncoder = new TextEncoder\(\);\n\nif \(!\('encodeInto'[\s\S]*?\n\}\n/,
    "let cachedTextEncoder;\n",
  ],
  [/function passStringToWasm0\(.*\) \{\n/, "$&    cachedTextEncoder ??= new TextEncoder();\n"],
];

/** Applies {@link gluePatches}. */
async function patchGlue(path) {
  let glue = await readFile(path, "utf8");
  for (const [from, to] of gluePatches) {
    const patched = glue.replaceAll(typeof from === "string" ? from : new RegExp(from, "g"), to);
    if (patched === glue) throw new UserError(`wasm-bindgen's glue has changed: it lacks ${from}`);
    glue = patched;
  }
  await writeFile(path, glue);
}

/**
 * Updates dist/ and returns the number of changed files. Does not write files whose content is the
 * same.
 */
async function assemble(core) {
  const packages = await Promise.all([
    ...bundledFiles.map((name) => bundleDependency(name, at(`src/js/${name}`))),
    bundleDependency(command.name, at(command.entry), {
      platform: "node",
      target: "node20",
      external: ["llm-fuse"],
    }),
  ]);
  const bundledNames = [...bundledFiles, command.name];
  const files = {
    ...core,
    "core_bg.wasm.d.ts":
      'declare const module: import("./index.js").WasmModule;\nexport default module;\n',
    "core_inline.js": inlined(core["core_bg.wasm"]),
    ...(await readFolder(
      at("src/js"),
      (name) => /\.(js|d\.ts)$/.test(name) && !/\.test\.|^cli\//.test(name),
    )),
    ...Object.fromEntries(bundledNames.map((name, i) => [name, packages[i].text])),
    "THIRD-PARTY-LICENSES.txt": await thirdPartyLicenses(
      packages.flatMap(({ notices }) => notices),
    ),
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
    // Replace the file atomically, because a server or a test may be reading it.
    await writeFile(`${path}.${process.pid}`, content);
    await rename(`${path}.${process.pid}`, path);
    changed++;
  }
  return changed;
}

/** Returns the files of a folder as `{ [relative path with slashes]: content }`. */
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
