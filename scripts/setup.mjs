// Everything that `npm start` and `npm test` need, on a machine that may have no more than Node and a Rust toolchain.
// Runs before node_modules exists, so it imports nothing from there. Says what it installs; does nothing when all is there.
import { join, relative } from "node:path";
import { aptInstaller } from "./lib/apt.mjs";
import { browserPath, browsers as known } from "./lib/browsers.mjs";
import { clientsFolder, clientsWanted } from "./lib/clients.mjs";
import { system } from "./lib/system.mjs";
import { isMain, main, root, UserError } from "./lib/process.mjs";
import { target, wasmToolchain } from "./lib/toolchain.mjs";

/** Resolves to what is missing without being in the way of a build: `[{ name, help }]`. What is in its way is a `UserError`. */
export async function setup({
  browsers = [],
  consumers = false,
  clients = false,
  on = system,
} = {}) {
  const apt = aptInstaller(on);
  await npmPackages(on);
  await rust(on);
  await wasmTarget(on, apt);
  if (consumers) await npmPackages(on, consumersFolder, join(root, "tests/consumers"));
  if (clients) await npmPackages(on, clientsFolder, clientsWanted);
  return browsersFound(browsers, on, apt);
}

/** Runtimes and bundlers that only tests need, and only some: they are large, so they have a folder of their own, which caches keep. */
export const consumersFolder = join(root, "target/consumers");

/** `wanted`: where the lock file is; packages that only some need are installed elsewhere. */
export async function npmPackages({ exists, read, log, run, copy }, folder = root, wanted = folder) {
  const installed = join(folder, "node_modules/.package-lock.json");
  if (exists(installed) && sameVersions(JSON.parse(read(join(wanted, "package-lock.json"))), JSON.parse(read(installed)))) return;
  if (folder !== wanted) for (const name of ["package.json", "package-lock.json"]) copy(join(wanted, name), join(folder, name));
  log(`Installing the npm packages of ${relative(root, join(wanted, "package-lock.json"))} into ${relative(root, join(folder, "node_modules"))}`);
  // No package here needs its install script: what they would fetch comes as optional dependencies.
  // Warnings are hidden: npm would say for each of the newest clients that it wants another Node.
  const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  if (!(await run("npm", ["ci", ...quietly], { cwd: folder })))
    throw new UserError("`npm ci` failed; is the npm registry reached from here?");
}

/** Contents, not dates: a checkout gives every file a new date. Packages for other platforms are optional, and absent. */
function sameVersions(wanted, installed) {
  return Object.entries(wanted.packages).every(
    ([path, { version, optional }]) => path === "" || (installed.packages[path] ? installed.packages[path].version === version : optional),
  );
}

export async function rust({ read, capture }) {
  const needed = read(join(root, "Cargo.toml")).match(/^rust-version = "(.+)"$/m)?.[1] ?? "0";
  const found = (await capture("rustc", "--version"))?.match(/^rustc (\S+)/)?.[1];
  if (!found || (await capture("cargo", "--version")) === undefined)
    throw new UserError(`Rust is missing (\`rustc\` and \`cargo\`, ${needed} or newer). Install its stable toolchain from https://rustup.rs, then try again.`);
  if (older(found, needed))
    throw new UserError(`rustc is ${found}, and ${needed} or newer is needed: \`rustup update stable\`, or install it from https://rustup.rs.`);
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
    // rustup has no limit of its own for a server that takes a connection and then keeps silent.
    await on.run("rustup", ["target", "add", target], { timeout: 300_000 });
    if (await wasmToolchain(on)) return;
    on.log("rustup could not.");
  }

  const packages = ["rustc-web", "cargo-web", "rust-web-src"];
  await apt(packages, `builds the standard library for ${target} from source`);
  if (await wasmToolchain(on)) return;
  // Last, because it is large: rustup's toolchain mostly brings a linker.
  await apt([...packages, "lld"], "a linker for wasm");
  if (await wasmToolchain(on)) return;

  throw new UserError(
    [
      `Rust's standard library for ${target} is missing, and could not be installed. Any of these gives one:`,
      `  rustup target add ${target}`,
      `  apt-get install ${packages.join(" ")} lld    (Debian)`,
    ].join("\n"),
  );
}

const tools = join(root, "target/tools");
const denyVersion = "0.20.2";

/** What runs `cargo deny`, or undefined where it could not be had. Compiled for as long as a few tiers take, so that only the tier that needs it waits
 *  for it; and without optimisation, for what it has to read is little. */
export async function cargoDeny({ exists, read, log, run } = system) {
  const [program, installed] = [join(tools, "bin/cargo-deny"), join(tools, ".crates.toml")];
  if (exists(program) && exists(installed) && read(installed).includes(`"cargo-deny ${denyVersion} `)) return program;
  log(`Installing cargo-deny ${denyVersion} into ${relative(root, tools)}`);
  const args = ["install", "cargo-deny", "--version", denyVersion, "--locked", "--debug", "--quiet", "--root", tools];
  return (await run("cargo", args, { env: { CARGO_PROFILE_DEV_DEBUG: "0" } })) ? program : undefined;
}

async function browsersFound(names, on, apt) {
  const absent = names.filter((name) => !known[name].find(on));
  // One package that a distribution does not know must not keep the others away.
  const [optional, needed] = [true, false].map((is) => absent.filter((name) => Boolean(known[name].orElse) === is).flatMap((name) => known[name].packages));
  for (const packages of [needed, optional]) if (packages.length > 0) await apt(packages, "for the tests in browsers");
  return names.filter((name) => !browserPath(name, on)).map((name) => ({ name, help: known[name].help }));
}

if (isMain(import.meta)) {
  await main(async () => {
    const browsers = Object.keys(known);
    const missing = await setup({ browsers, consumers: true, clients: true });
    if (!(await cargoDeny())) missing.push({ name: "cargo-deny", help: "is crates.io reached from here?" });
    for (const { name, help } of missing) console.log(`Missing: ${name}: ${help}`);
    if (missing.length === 0) console.log("All is set up.");
    return missing.length === 0 ? 0 : 1;
  });
}
