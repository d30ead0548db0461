// Checks of a release: the packed files, third-party licences, sizes and known vulnerabilities.
import { existsSync } from "node:fs";
import { copyFile, cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { relativeLinks } from "../../tests/tidy/links.mjs";
import { clientsFolder, clientsWanted } from "../lib/clients.mjs";
import { releaseFaults, repositoryOf, withAbsoluteLinks } from "../lib/package-links.mjs";
import { root, run } from "../lib/process.mjs";
import { target } from "../lib/toolchain.mjs";
import { cargoDeny, frameworksFolder } from "../setup.mjs";

/**
 * Maximum size of `import { fuse } from "llm-fuse"` in bytes: bundled, minified and compressed with
 * brotli 11. docs/size.md has the reason for each change of this limit.
 */
const maxBrotli = 260_000;

export default async function release({ installed, tarball, log }) {
  const total = { passed: 0, failed: 0 };
  for (const [name, check] of Object.entries(checks)) {
    const { faults, notRun } = await check({ installed, tarball, log });
    if (notRun) {
      log(`NOT RUN: ${name}: ${notRun}`);
      continue;
    }
    total[faults.length === 0 ? "passed" : "failed"] += 1;
    if (faults.length > 0) log([name, ...faults].join("\n    "));
  }
  return total;
}

const checks = {
  async "the tarball has the files of tests/pack.txt and no other"({ tarball }) {
    const { output } = await run("tar", ["-tzf", tarball], { quiet: true });
    const packed = output
      .trim()
      .split("\n")
      .map((path) => path.replace(/^package\//, ""));
    const wanted = (await readFile(join(root, "tests/pack.txt"), "utf8")).trim().split("\n");
    return {
      faults: [
        ...packed.filter((path) => !wanted.includes(path)).map((path) => `${path} is packed`),
        ...wanted.filter((path) => !packed.includes(path)).map((path) => `${path} is missing`),
      ],
    };
  },

  /** If package.json still has the placeholder, this test uses an invented repository. */
  async "packed links are absolute, and the placeholder is not released"({ installed }) {
    const home = join(installed, "node_modules/llm-fuse");
    const manifest = JSON.parse(await readFile(join(home, "package.json"), "utf8"));
    const repository = repositoryOf(manifest) ?? { owner: "acme", name: "llm-fuse" };
    const faults = [];
    for (const name of ["README.md", "CHANGELOG.md"]) {
      const text = await readFile(join(home, name), "utf8");
      const links = relativeLinks(withAbsoluteLinks(text, repository, manifest.version));
      faults.push(
        ...links
          .filter((link) => !link.startsWith("#"))
          .map((link) => `${name}: ${link} stays relative`),
      );
    }
    const isRefused = releaseFaults(manifest).length > 0;
    if (isRefused !== !repositoryOf(manifest))
      faults.push("the release check disagrees with package.json");
    return { faults };
  },

  /** Measures the size of the files that a page downloads. */
  async "the default entry is within its size limit"({ installed, log }) {
    const size = await import("../../benches/size.mjs");
    const { measureCommand, measureEntries, measurePeer, measureSize, measureSubpath } = size;
    const { biggestFunctions } = await import("../build.mjs");
    const parts = await measureSize(installed);
    const peer = await measurePeer(clientsFolder);
    const subpaths = {
      "ai-sdk: fusion, without the core": await measureSubpath(installed, "fusion", "ai-sdk"),
      "ai-sdk: fromAiSdk": await measureSubpath(installed, "fromAiSdk", "ai-sdk"),
      "ai-sdk: toUIMessageStream": await measureSubpath(installed, "toUIMessageStream", "ai-sdk"),
    };
    const shown = {
      ...parts,
      "ai with @openrouter/ai-sdk-provider": peer,
      ...(await measureEntries(installed)),
      ...subpaths,
      "dist/cli.js, in no import": measureCommand(installed),
    };
    for (const [part, sizes] of Object.entries(shown)) {
      const cells = sizes.map((size) => size.toLocaleString("en").padStart(9));
      log(`${part.padEnd(36)} raw ${cells[0]}  gzip ${cells[1]}  brotli ${cells[2]}`);
    }
    const functions = await biggestFunctions();
    log(
      `biggest functions of the core: ${functions
        .slice(0, 10)
        .map(({ name, bytes }) => `${name} ${bytes}`)
        .join(", ")}`,
    );
    const [, , brotli] = parts.whole;
    return {
      faults: [
        ...(brotli > maxBrotli ? [`${brotli} bytes by brotli, more than ${maxBrotli}`] : []),
        ...(functions.length < 100 ? ["the functions have no names"] : []),
      ],
    };
  },

  async "every export and the command name an existing file"({ installed }) {
    const home = join(installed, "node_modules/llm-fuse");
    const { bin, exports } = JSON.parse(await readFile(join(home, "package.json"), "utf8"));
    const places = [bin, ...Object.values(exports)].flatMap((place) =>
      typeof place === "string" ? [place] : Object.values(place),
    );
    return { faults: places.filter((place) => !existsSync(join(home, place))) };
  },

  async "importing an entry has no side effects and no top-level await"({ installed }) {
    const home = join(installed, "node_modules/llm-fuse");
    const { exports, peerDependencies } = JSON.parse(
      await readFile(join(home, "package.json"), "utf8"),
    );
    const entries = Object.entries(exports).flatMap(([name, { default: place }]) =>
      place?.endsWith(".js") ? [name.replace(/^\./, "llm-fuse")] : [],
    );
    // Copy the optional peer dependencies, because npm does not install them.
    for (const name of Object.keys(peerDependencies)) {
      const [from, to] = [frameworksFolder, installed].map((f) => join(f, "node_modules", name));
      if (existsSync(from) && !existsSync(to)) await cp(from, to, { recursive: true });
    }
    const script = join(installed, "imports.mjs");
    await copyFile(join(root, "scripts/tiers/release-imports.mjs"), script);
    const { code, output } = await run(process.execPath, [script, ...entries], { quiet: true });
    const did = code === 0 ? JSON.parse(output) : [output];
    // Bundle to a classic script, because esbuild then refuses a top-level await.
    const { build } = await import("esbuild");
    const contents = entries.map((entry) => `import ${JSON.stringify(entry)};`).join("\n");
    const bundled = await build({
      stdin: { contents, resolveDir: installed },
      bundle: true,
      format: "iife",
      platform: "browser",
      external: ["node:*", ...Object.keys(peerDependencies)],
      write: false,
      logLevel: "silent",
    }).catch(({ message }) => message);
    return {
      faults: [
        ...(entries.length < 7 ? [`only ${entries}`] : []),
        ...did,
        ...(typeof bundled === "string" ? [bundled] : []),
      ],
    };
  },

  /**
   * The shipped licences come from `cargo metadata`. This test compares them with the output of
   * `cargo tree`.
   */
  async "the licences of all linked crates are shipped"({ installed }) {
    const args = [
      "tree",
      "--locked",
      "--target",
      target,
      "--edges",
      "normal,no-proc-macro",
      "--prefix",
      "none",
      "--format",
      "{p}",
    ];
    const { code, output } = await run("cargo", args, { quiet: "stdout" });
    const crates = [
      ...new Set(
        [...output.matchAll(/^(\S+) v(\S+)/gm)].map(([, name, version]) => `${name} ${version} (`),
      ),
    ].filter((crate) => !crate.startsWith("llm-fuse "));
    const notices = await readFile(
      join(installed, "node_modules/llm-fuse/dist/THIRD-PARTY-LICENSES.txt"),
      "utf8",
    );
    if (code !== 0 || crates.length < 10)
      return { faults: [`cargo tree named ${crates.length} crates`] };
    return { faults: crates.filter((crate) => !notices.includes(`\n${crate}`)) };
  },

  /** Applies the list in deny.toml without cargo-deny, which may not be installed. */
  async "licences and sources of all crates are allowed"() {
    const allowed = (await readFile(join(root, "deny.toml"), "utf8"))
      .match(/^allow = \[([^\]]*)\]/m)[1]
      .match(/[\w.-]+(?=")/g);
    const { output } = await run(
      "cargo",
      ["metadata", "--format-version", "1", "--locked", "--filter-platform", target],
      { quiet: "stdout" },
    );
    const { packages } = JSON.parse(output);
    return {
      faults: packages.flatMap(({ name, license, source }) => [
        ...(permits(license ?? "", allowed) ? [] : [`${name}: ${license}`]),
        ...(source === null || source === "registry+https://github.com/rust-lang/crates.io-index"
          ? []
          : [`${name}: ${source}`]),
      ]),
    };
  },

  async "cargo deny: bans, licences and sources"() {
    const deny = await denying();
    if (!deny) return { notRun: NO_DENY };
    const { code, output } = await run(
      deny,
      ["--locked", "--all-features", "check", "bans", "licenses", "sources"],
      { quiet: true },
    );
    return { faults: code === 0 ? [] : [output] };
  },

  async "cargo deny: advisories"() {
    const deny = await denying();
    if (!deny) return { notRun: NO_DENY };
    const { code, output } = await run(
      deny,
      ["--locked", "--all-features", "check", "advisories"],
      { quiet: true, timeout: 120_000 },
    );
    if (code !== 0 && /failed to fetch advisory database/.test(output))
      return { notRun: "the advisory database is not reachable" };
    return { faults: code === 0 ? [] : [output] };
  },

  async "npm audit"() {
    const faults = [];
    const folders = ["tests/consumers", "tests/frameworks"].map((name) => join(root, name));
    for (const cwd of [root, ...folders, clientsWanted]) {
      const { code, output } = await run(
        "npm",
        ["audit", "--audit-level=high", "--package-lock-only"],
        { cwd, quiet: true, timeout: 60_000 },
      );
      if (code !== 0 && /audit endpoint returned an error|ENOTFOUND|ECONN/.test(output))
        return { notRun: "this npm registry has no audit endpoint" };
      if (code !== 0) faults.push(output);
    }
    return { faults };
  },
};

let deny;
const denying = () => (deny ??= cargoDeny());
const NO_DENY = "cargo-deny could not be installed. Is crates.io reachable?";

/** Returns whether an SPDX expression of a crate is allowed. `/` is an old form of `OR`. */
export function permits(expression, allowed) {
  const flat = expression
    .replaceAll("/", " OR ")
    .replace(/\(([^()]*)\)/g, (_, inner) => (permits(inner, allowed) ? "yes" : "no"));
  const isAllowed = (term) => term === "yes" || allowed.includes(term.replace(/ WITH .*/, ""));
  return flat
    .split(" AND ")
    .every((side) => side.split(" OR ").some((term) => isAllowed(term.trim())));
}
