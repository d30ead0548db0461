// Installs everything for `npm start` and `npm test` on a machine with Node and a Rust toolchain.
// Runs before node_modules exists, so it imports no package. Prints what it installs.
import { join, relative } from "node:path";
import { aptInstaller } from "./lib/apt.mjs";
import { browserPath, browsers as known } from "./lib/browsers.mjs";
import { clientsFolder, clientsWanted } from "./lib/clients.mjs";
import { isMain, main, root, UserError } from "./lib/process.mjs";
import { pythonClients } from "./lib/python.mjs";
import { system } from "./lib/system.mjs";
import { target, wasmToolchain } from "./lib/toolchain.mjs";

/**
 * Installs what the build and the chosen tests need. Resolves to the missing browsers or the
 * missing Python, as `[{ name, help }]`. Throws a `UserError` if something that a build needs
 * cannot be installed.
 */
export async function setup({
  browsers = [],
  consumers = false,
  clients = false,
  python = false,
  frameworks = false,
  on = system,
} = {}) {
  const apt = aptInstaller(on);
  await npmPackages(on);
  await rust(on);
  await wasmTarget(on, apt);
  if (consumers) await npmPackages(on, consumersFolder, join(root, "tests/consumers"));
  if (clients) await npmPackages(on, clientsFolder, clientsWanted);
  if (frameworks) {
    const wanted = join(root, "tests/frameworks");
    await npmPackages(on, frameworksFolder, wanted);
    await npmPackages(on, join(frameworksFolder, "react18"), join(wanted, "react18"));
  }
  const missing = await browsersFound(browsers, on, apt);
  const noPython = python ? await pythonClients(on) : undefined;
  return noPython ? [...missing, noPython] : missing;
}

/**
 * The folder of the runtimes and bundlers that some tests need. It is large, so CI can cache it.
 */
export const consumersFolder = join(root, "target/consumers");

/**
 * The folder of React, Vue, Svelte, Solid, Express and Fastify. The subfolder `react18` contains
 * React 18.
 */
export const frameworksFolder = join(root, "target/frameworks");

/** Installs npm packages into `folder`. The lock file in the folder `wanted` lists the packages. */
export async function npmPackages(
  { exists, read, log, run, copy },
  folder = root,
  wanted = folder,
) {
  const installed = join(folder, "node_modules/.package-lock.json");
  if (
    exists(installed) &&
    sameVersions(JSON.parse(read(join(wanted, "package-lock.json"))), JSON.parse(read(installed)))
  )
    return;
  if (folder !== wanted)
    for (const name of ["package.json", "package-lock.json"])
      copy(join(wanted, name), join(folder, name));
  log(
    `Installing the npm packages of ${relative(root, join(wanted, "package-lock.json"))} ` +
      `into ${relative(root, join(folder, "node_modules"))}`,
  );
  // Run no install scripts. Such scripts would fetch files that npm also installs as optional
  // dependencies. Hide npm's warnings that the newest client libraries need a newer Node.
  const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  if (!(await run("npm", ["ci", ...quietly], { cwd: folder })))
    throw new UserError("`npm ci` failed. Is the npm registry reachable?");
}

/**
 * Returns whether the installed packages have the versions of the lock file `wanted`. Packages for
 * other platforms are optional and may be absent.
 */
function sameVersions(wanted, installed) {
  return Object.entries(wanted.packages).every(
    ([path, { version, optional }]) =>
      path === "" ||
      (installed.packages[path] ? installed.packages[path].version === version : optional),
  );
}

export async function rust({ read, capture }) {
  const needed = read(join(root, "Cargo.toml")).match(/^rust-version = "(.+)"$/m)?.[1] ?? "0";
  const found = (await capture("rustc", "--version"))?.match(/^rustc (\S+)/)?.[1];
  if (!found || (await capture("cargo", "--version")) === undefined)
    throw new UserError(
      `Rust is missing (\`rustc\` and \`cargo\`, ${needed} or newer). Install stable Rust from https://rustup.rs.`,
    );
  if (older(found, needed))
    throw new UserError(
      `rustc is ${found}, and ${needed} or newer is needed: run \`rustup update stable\` (https://rustup.rs).`,
    );
}

function older(version, than) {
  const [a, b] = [version, than].map((text) => text.split(".").map((part) => parseInt(part, 10)));
  const at = b.findIndex((part, i) => part !== (a[i] ?? 0));
  return at !== -1 && (a[at] ?? 0) < b[at];
}

export async function wasmTarget(on, apt) {
  if (await wasmToolchain(on)) return;

  if ((await on.capture("rustup", "--version")) !== undefined) {
    on.log(`Installing Rust's standard library for ${target}, with rustup`);
    // Set a time limit. Without a limit, rustup would wait forever for a server that sends nothing.
    await on.run("rustup", ["target", "add", target], { timeout: 300_000 });
    if (await wasmToolchain(on)) return;
    on.log("rustup failed.");
  }

  const packages = ["rustc-web", "cargo-web", "rust-web-src"];
  await apt(packages, `builds the standard library for ${target} from source`);
  if (await wasmToolchain(on)) return;
  // Install the linker last: it is large, and rustup's toolchain usually has a linker.
  await apt([...packages, "lld"], "a linker for wasm");
  if (await wasmToolchain(on)) return;

  throw new UserError(
    [
      `Rust's standard library for ${target} is missing and could not be installed. Install ` +
        "it with one of:",
      `  rustup target add ${target}`,
      `  apt-get install ${packages.join(" ")} lld    (Debian)`,
    ].join("\n"),
  );
}

const tools = join(root, "target/tools");
const denyVersion = "0.20.2";

/**
 * Returns the path of the program cargo-deny, or undefined if it cannot be installed. Compiles
 * cargo-deny without optimisation, because the program is fast enough. Compiling takes minutes, so
 * only the tier that needs cargo-deny calls this function.
 */
export async function cargoDeny({ exists, read, log, run } = system) {
  const [program, installed] = [join(tools, "bin/cargo-deny"), join(tools, ".crates.toml")];
  if (
    exists(program) &&
    exists(installed) &&
    read(installed).includes(`"cargo-deny ${denyVersion} `)
  )
    return program;
  log(`Installing cargo-deny ${denyVersion} into ${relative(root, tools)}`);
  const args = [
    "install",
    "cargo-deny",
    "--version",
    denyVersion,
    "--locked",
    "--debug",
    "--quiet",
    "--root",
    tools,
  ];
  return (await run("cargo", args, { env: { CARGO_PROFILE_DEV_DEBUG: "0" } }))
    ? program
    : undefined;
}

async function browsersFound(names, on, apt) {
  const absent = names.filter((name) => !known[name].find(on));
  // Install the optional browsers in a separate call. If apt-get does not know one package of a
  // call, apt-get installs none of them.
  const [optional, needed] = [true, false].map((is) =>
    absent
      .filter((name) => Boolean(known[name].orElse) === is)
      .flatMap((name) => known[name].packages),
  );
  for (const packages of [needed, optional])
    if (packages.length > 0) await apt(packages, "for the tests in browsers");
  return names
    .filter((name) => !browserPath(name, on))
    .map((name) => ({ name, help: known[name].help }));
}

if (isMain(import.meta)) {
  await main(async () => {
    const browsers = Object.keys(known);
    const missing = await setup({
      browsers,
      consumers: true,
      clients: true,
      frameworks: true,
      python: true,
    });
    if (!(await cargoDeny())) missing.push({ name: "cargo-deny", help: "is crates.io reachable?" });
    for (const { name, help } of missing) console.log(`Missing: ${name}: ${help}`);
    if (missing.length === 0) console.log("All is set up.");
    return missing.length === 0 ? 0 : 1;
  });
}
