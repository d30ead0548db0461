// Rules that no compiler checks. Each is one test: it returns what breaks it.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brokenLinks } from "./tidy/links.mjs";
import { namedByTypes, saidByCore, undocumented } from "./tidy/types.mjs";
import { uses, withoutComments } from "./tidy/uses.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path) => readFileSync(join(root, path), "utf8");

/** Committed, and about to be. */
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((path) => path && exists(path));
const npmLocks = tracked.filter((path) => /(^|\/)package-lock\.json$/.test(path));
const rust = tracked.filter((path) => /^src\/.*\.rs$/.test(path));

/** Files of src/ that are longer than a file should be, and why. */
const maxLines = 400;
const long = {};

const rules = {
  "one version everywhere"() {
    const version = JSON.parse(read("package.json")).version;
    const found = {
      "package-lock.json": JSON.parse(read("package-lock.json")).version,
      "Cargo.toml": read("Cargo.toml").match(/^\[package\][^[]*?^version = "(.+?)"/ms)?.[1],
      "CHANGELOG.md": exists("CHANGELOG.md") ? read("CHANGELOG.md").match(/^## \[?(\d+\.\d+\.\d+[^\]\s]*)/m)?.[1] : undefined,
    };
    return Object.entries(found)
      .filter(([, other]) => other !== version)
      .map(([path, other]) => `${path} says ${other}, package.json says ${version}`);
  },

  "only src/web names the web's crates"() {
    return rust
      .filter((path) => !path.startsWith("src/web/"))
      .filter((path) => /\b(wasm_bindgen|wasm_bindgen_futures|js_sys|web_sys|serde_wasm_bindgen|gloo\w*)\b/.test(withoutComments(read(path))));
  },

  "the core does not know web": () => named((path) => !/^src\/web\/|^src\/lib\.rs$/.test(path), /^crate::web\b/),

  "provider does not know deliberation": () => named((path) => path.startsWith("src/provider/"), /^crate::deliberation\b/),

  "policy knows neither transport nor clock": () =>
    named((path) => path.startsWith("src/policy/"), /^crate::provider::(transport\b|.*\b(Transport|Clock)$)/),

  "only the entries know the handler"() {
    const imports = /from "([^"]*\bhandler\/[^"]*)"/g;
    return tracked
      .filter((path) => /^src\/js\/.*\.js$/.test(path) && !/^src\/js\/(handler|entry)\//.test(path))
      .flatMap((path) => [...read(path).matchAll(imports)].map(([, from]) => `${path} imports ${from}`));
  },

  // A panic ends the module. Where clippy runs for the native target only, it never sees these files.
  "nothing in src/web panics"() {
    return rust
      .filter((path) => path.startsWith("src/web/") && path !== "src/web/on_demand.rs")
      .flatMap((path) => [...withoutComments(read(path)).matchAll(/\.unwrap\(\)|\.expect\(|\b(?:panic|todo|unreachable|unimplemented)!/g)].map(([what]) => `${path}: ${what}`));
  },

  "types and docs name every event, error and warning that the core knows, and no other"() {
    const said = saidByCore(Object.fromEntries(rust.map((path) => [path, read(path)])));
    const named = namedByTypes(read("src/js/output.d.ts"));
    const pages = { events: "docs/events.md", warnings: "docs/events.md", errors: "docs/errors.md" };
    return Object.keys(said).flatMap((kind) => [
      ...(said[kind].length === 0 ? [`no ${kind} were found in the core: has it changed its form?`] : []),
      ...said[kind].filter((name) => !named[kind].includes(name)).map((name) => `output.d.ts lacks ${name} of the ${kind}`),
      ...named[kind].filter((name) => !said[kind].includes(name)).map((name) => `output.d.ts has ${name}, which is none of the ${kind} of the core`),
      ...said[kind].filter((name) => !read(pages[kind]).includes(`\`${name}\``)).map((name) => `${pages[kind]} lacks \`${name}\` of the ${kind}`),
    ]);
  },

  "README.md is short and links to every page of docs"() {
    const readme = read("README.md");
    const lines = readme.split("\n").length - 1;
    return [
      ...(lines > 150 ? [`README.md has ${lines} lines, more than 150`] : []),
      ...tracked
        .filter((path) => /^docs\/.*\.md$/.test(path) && !readme.includes(`](${path})`))
        .map((path) => `README.md lacks a link to ${path}`),
    ];
  },

  "relative links in Markdown lead to files and headings that exist"() {
    const pages = tracked.filter((path) => path.endsWith(".md"));
    const texts = Object.fromEntries(pages.map((path) => [path, read(path)]));
    return brokenLinks(texts, (path) => existsSync(join(root, path)));
  },

  "everything public is documented, and nothing of wasm-bindgen's is public"() {
    return tracked
      .filter((path) => /^src\/js\/.*\.d\.ts$/.test(path))
      .flatMap((path) => [
        ...undocumented(read(path)).map((name) => `${path}: ${name} has no doc comment`),
        ...(read(path).match(/\b(?:__wbg\w*|wasm_bindgen|InitOutput|InitInput)\b/g) ?? []).map((name) => `${path} names ${name}`),
      ]);
  },

  "files stay readable"() {
    const lines = (path) => read(path).split("\n").length - 1;
    return [
      ...tracked.filter((path) => path.startsWith("src/") && !(path in long) && lines(path) > maxLines).map((path) => `${path} has ${lines(path)} lines, more than ${maxLines}`),
      ...Object.keys(long).filter((path) => !exists(path) || lines(path) <= maxLines).map((path) => `${path} needs no exception any more`),
    ];
  },

  "lock files name no registry of this machine"() {
    const sources = [...read("Cargo.lock").matchAll(/^source = "(.+)"$/gm)].map(([, source]) => source);
    return [
      ...sources.filter((source) => source !== "registry+https://github.com/rust-lang/crates.io-index").map((source) => `Cargo.lock: ${source}`),
      ...npmLocks.flatMap((path) => [...read(path).matchAll(/"resolved": "(.+)"/g)].map(([, url]) => `${path}: ${url}`)),
    ];
  },

  // npm writes only what this machine installs when a node_modules is beside the lock file; a newer `npm ci` then refuses it.
  "lock files hold the packages of every platform"() {
    return npmLocks.flatMap((path) => {
      const { packages } = JSON.parse(read(path));
      const locked = new Set(Object.keys(packages).map((at) => at.slice(at.lastIndexOf("node_modules/") + "node_modules/".length)));
      return Object.values(packages)
        .flatMap(({ dependencies, optionalDependencies }) => Object.keys({ ...dependencies, ...optionalDependencies }))
        .filter((name) => !locked.has(name))
        .map((name) => `${path} lacks ${name}`);
    });
  },

  "docs/decisions.md says why each npm package is there"() {
    const decisions = read("docs/decisions.md");
    return Object.keys(JSON.parse(read("package.json")).devDependencies).filter((name) => !decisions.includes(`\`${name}\``));
  },

  "the crates of the order are used, and docs/decisions.md says why each crate is there"() {
    const ordered = ["wasm-bindgen", "wasm-bindgen-futures", "js-sys", "web-sys", "serde", "serde-wasm-bindgen", "gloo-net", "futures"];
    const sections = [...read("Cargo.toml").matchAll(/^\[(?:target\..*\.)?(?:dev-)?dependencies\]\n((?:\S.*\n)*)/gm)];
    const crates = sections.flatMap(([, section]) => [...section.matchAll(/^([\w-]+) =/gm)].map(([, name]) => name));
    const code = rust.map((path) => withoutComments(read(path))).join("\n");
    const decisions = read("docs/decisions.md");
    return [
      ...ordered.filter((name) => !crates.includes(name)).map((name) => `Cargo.toml lacks ${name}`),
      ...ordered.filter((name) => !new RegExp(`\\b${name.replaceAll("-", "_")}::`).test(code)).map((name) => `src does not use ${name}`),
      ...crates.filter((name) => !decisions.includes(`\`${name}\``)).map((name) => `docs/decisions.md lacks ${name}`),
      ...(/\bjoin_all\(/.test(read("src/deliberation/panel.rs")) ? [] : ["the panel is not fanned out by join_all"]),
    ];
  },

  "no file names a folder of this machine"() {
    return tracked.flatMap((path) => {
      const found = read(path).match(/(?<![\w.:/$}-])\/(?:work|root|home\/\w+)\/[\w.-]+/);
      return found ? [`${path}: ${found[0]}`] : [];
    });
  },
};

export default async function tidy({ log }) {
  const result = { passed: 0, failed: 0 };
  for (const [name, rule] of Object.entries(rules)) {
    const broken = attempt(rule);
    result[broken.length === 0 ? "passed" : "failed"]++;
    if (broken.length > 0) log([`tidy: ${name}`, ...broken].join("\n    "));
  }
  return result;
}

function attempt(rule) {
  try {
    return rule();
  } catch (error) {
    return [error.message];
  }
}

/** Files that name a path they should not. */
function named(where, forbidden) {
  return rust.filter(where).flatMap((path) =>
    uses(path, read(path))
      .filter((name) => forbidden.test(name))
      .map((name) => `${path} names ${name}`),
  );
}

function exists(path) {
  try {
    read(path);
    return true;
  } catch {
    return false;
  }
}
