// Rules that no compiler checks. Each rule is one test and returns its violations.
//
// tests/tidy/exceptions.json has a list of known violations for each rule that is not met
// everywhere yet. Entries may only be removed. UPDATE_GOLDEN=1 removes entries that are no longer
// needed.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cycles, javaScriptGraph, rustGraph } from "./tidy/cycles.mjs";
import { functionsWithoutReason } from "./tidy/functions.mjs";
import { brokenLinks } from "./tidy/links.mjs";
import { longLines, metaphors } from "./tidy/text.mjs";
import { namedByCore, namedByTypes, undocumented } from "./tidy/types.mjs";
import { uses, withoutComments } from "./tidy/uses.mjs";
import { workflowErrors } from "./tidy/workflows.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path) => readFileSync(join(root, path), "utf8");

/** Lists the files that are committed or not ignored. */
const listing = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"];
const tracked = execFileSync("git", listing, { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((path) => path && exists(path));
const npmLocks = tracked.filter((path) => /(^|\/)package-lock\.json$/.test(path));
const rust = tracked.filter((path) => /^src\/.*\.rs$/.test(path));

const maxLines = 400;
const maxColumns = 100;

/** Files with more than `maxLines` lines, and the reason for each. */
const longFiles = {
  "src/deliberation/analysis/quotes/tests.rs": "one table of quotes",
  "tests/handler/entry-forms.mjs": "one table of entry forms",
  "tests/handler/refusals.mjs": "one table of refused requests for three APIs",
  "tests/handler/tools.mjs": "one tool loop in three APIs",
  "tests/native/dialects/messages_decode.rs": "the streams of one decoder",
  "tests/native/dialects/responses_decode.rs": "the streams of one decoder",
  "tests/page/export.mjs": "one round trip: written, read and shared conversations",
  "tests/page/history.mjs": "one history, in one and in two tabs",
  "tests/page/model-picker.mjs": "one control in all its states",
  "tests/page/panel-settings.mjs": "one dialog, to be split by panel and limits",
  "tests/provider/official-clients.test.mjs": "one scenario for each client and dialect",
  "tests/scenarios/mixed-dialects.mjs": "one panel of all dialects",
  "tests/scenarios/provider-faults.mjs": "one matrix of faults",
  "tests/scenarios/providers.mjs": "one chapter, to be split by options and queue",
  "tests/scenarios/remote.mjs": "one chapter, to be split by reading and reconnecting",
  "tests/scenarios/tool-handlers.mjs": "one chapter, to be split by calls and failures",
  "tests/tools/search.test.mjs": "one table for four search services",
  "tests/tools/web-fetch.test.mjs": "one site with all its pages",
};

const exceptionsPath = "tests/tidy/exceptions.json";
const exceptions = JSON.parse(read(exceptionsPath));

const rules = {
  "one version everywhere"() {
    const version = JSON.parse(read("package.json")).version;
    const found = {
      "package-lock.json": JSON.parse(read("package-lock.json")).version,
      "Cargo.toml": read("Cargo.toml").match(/^\[package\][^[]*?^version = "(.+?)"/ms)?.[1],
      "CHANGELOG.md": read("CHANGELOG.md").match(/^## \[?(\d+\.\d+\.\d+[^\]\s]*)/m)?.[1],
    };
    return Object.entries(found)
      .filter(([, other]) => other !== version)
      .map(([path, other]) => `${path} has ${other}, package.json has ${version}`);
  },

  "only src/web uses the crates for the web"() {
    const crates = /\b(wasm_bindgen\w*|js_sys|web_sys|serde_wasm_bindgen|gloo\w*)\b/;
    return rust
      .filter((path) => !path.startsWith("src/web/"))
      .filter((path) => crates.test(withoutComments(read(path))));
  },

  "the core does not use web": () =>
    forbiddenUses((path) => !/^src\/web\/|^src\/lib\.rs$/.test(path), /^crate::web\b/),

  "provider does not use deliberation": () =>
    forbiddenUses((path) => path.startsWith("src/provider/"), /^crate::deliberation\b/),

  "policy uses neither transport nor clock": () =>
    forbiddenUses(
      (path) => path.startsWith("src/policy/"),
      /^crate::provider::(transport\b|.*\b(Transport|Clock)$)/,
    ),

  "no module cycles in JavaScript": () =>
    cycles(javaScriptGraph(textOf(/^(src\/js|www)\/.*\.js$/))).map((cycle) => cycle.join(", ")),

  "no new module cycles in Rust"() {
    const current = cycles(rustGraph(textOf(/^src\/.*\.rs$/)));
    const isPartOf = (cycle) => (known) => cycle.every((file) => known.includes(file));
    const added = current.filter((cycle) => !exceptions.rustCycles.some(isPartOf(cycle)));
    if (added.length > 0) return added.map((cycle) => `new cycle: ${cycle.join(", ")}`);
    return shrink("rustCycles", current);
  },

  "no metaphors as names"() {
    const found = new Map();
    for (const path of tracked.filter((path) => CODE.test(path) && NAMED_FOLDERS.test(path))) {
      const names = metaphors(path, read(path));
      if (names.length > 0) addTo(found, areaOf(path), `${path}: ${names.join(", ")}`);
    }
    return exceptFolders("metaphors", found);
  },

  "lines have at most 100 columns"() {
    const found = new Map();
    for (const path of tracked.filter((path) => CODE.test(path))) {
      const lines = longLines(path, read(path), maxColumns);
      if (lines.length > 0) addTo(found, areaOf(path), `${path}: lines ${lines.join(", ")}`);
    }
    return exceptFolders("longLines", found);
  },

  "only the entries import the handler"() {
    const imports = /from "([^"]*\bhandler\/[^"]*)"/g;
    return tracked
      .filter((path) => /^src\/js\/.*\.js$/.test(path) && !/^src\/js\/(handler|entry)\//.test(path))
      .flatMap((path) =>
        [...read(path).matchAll(imports)].map(([, from]) => `${path} imports ${from}`),
      );
  },

  // A panic ends the wasm module. Clippy checks these files only if it runs for the wasm target, so
  // this rule checks them, too.
  "nothing in src/web panics"() {
    const panics = /\.unwrap\(\)|\.expect\(|\b(?:panic|todo|unreachable|unimplemented)!/g;
    return rust
      .filter((path) => path.startsWith("src/web/") && !PANICS_FOR_TESTS.test(path))
      .flatMap((path) => {
        const calls = withoutComments(read(path)).match(panics) ?? [];
        return calls.map((call) => `${path}: ${call}`);
      });
  },

  "types and docs name the events, errors and warnings of the core, and no others"() {
    const core = namedByCore(textOf(/^src\/.*\.rs$/));
    const types = namedByTypes(read("src/js/output.d.ts"));
    const pages = {
      events: "docs/events.md",
      warnings: "docs/events.md",
      errors: "docs/errors.md",
    };
    return Object.keys(core).flatMap((kind) => {
      const lacking = core[kind].filter((name) => !types[kind].includes(name));
      const unknown = types[kind].filter((name) => !core[kind].includes(name));
      const page = read(pages[kind]);
      const undescribed = core[kind].filter((name) => !page.includes(`\`${name}\``));
      return [
        ...(core[kind].length === 0 ? [`no ${kind} found in the core: has its form changed?`] : []),
        ...lacking.map((name) => `output.d.ts lacks ${name} of the ${kind}`),
        ...unknown.map((name) => `output.d.ts has ${name}, which is not in the core's ${kind}`),
        ...undescribed.map((name) => `${pages[kind]} lacks \`${name}\` of the ${kind}`),
      ];
    });
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

  "all public types are documented, and none is of wasm-bindgen"() {
    const internal = /\b(?:__wbg\w*|wasm_bindgen|InitOutput|InitInput)\b/g;
    return tracked
      .filter((path) => /^src\/js\/.*\.d\.ts$/.test(path))
      .flatMap((path) => [
        ...undocumented(read(path)).map((name) => `${path}: ${name} has no doc comment`),
        ...(read(path).match(internal) ?? []).map((name) => `${path} names ${name}`),
      ]);
  },

  "files of code have at most 400 lines"() {
    const lines = (path) => read(path).split("\n").length - 1;
    const isLong = (path) => exists(path) && lines(path) > maxLines;
    return [
      ...tracked
        .filter((path) => CODE.test(path) && !(path in longFiles) && isLong(path))
        .map((path) => `${path} has ${lines(path)} lines, more than ${maxLines}`),
      ...Object.keys(longFiles)
        .filter((path) => !isLong(path))
        .map((path) => `${path} needs no exception`),
    ];
  },

  // This rule does not check tests, because tests are lists of steps, or tables.
  "functions have at most 60 lines and 5 arguments, or a comment with the reason": () =>
    tracked
      .filter((path) => /\.(?:rs|js|mjs)$/.test(path) && !path.startsWith("tests/"))
      .flatMap((path) => functionsWithoutReason(path, read(path))),

  "providers and presets are listed in src/data and nowhere else"() {
    const names = (path) => JSON.parse(read(path)).map(({ name }) => name);
    const tables = {
      ProviderName: names("src/data/providers.json"),
      preset: names("src/data/presets.json"),
    };
    // TypeScript cannot derive these types from JSON. The types repeat the names, so this rule
    // compares them.
    const types = read("src/js/request.d.ts");
    const unions = {
      ProviderName: types.match(/type ProviderName =([^;]*);/)?.[1] ?? "",
      preset: types.match(/^ {2}preset\?:([^;]*);/m)?.[1] ?? "",
    };
    const literals = (union) => [...union.matchAll(/"([\w-]+)"/g)].map(([, name]) => name);
    const different = Object.keys(tables)
      .filter((name) => JSON.stringify(literals(unions[name])) !== JSON.stringify(tables[name]))
      .map((name) => `src/js/request.d.ts: ${name} differs from src/data`);
    // The handler checks options without the core, so this file repeats names.
    // tests/handler/options.mjs compares them.
    const compared = ["src/js/handler/option-shapes.js"];
    const copies = tracked
      .filter((path) => !compared.includes(path))
      .filter((path) => /^(src|www)\/.*\.(rs|js)$/.test(path) && !/tests?\.rs$/.test(path))
      .filter((path) => {
        const code = read(path).split("#[cfg(test)]")[0];
        // A file may contain a few of the names. A file that contains more than half of a table
        // counts as a copy.
        return Object.values(tables).some((table) => {
          const found = table.filter((name) => new RegExp(`\\b${name}\\b`).test(code));
          return found.length * 2 > table.length && found.length > 2;
        });
      })
      .map((path) => `${path} repeats a table of src/data`);
    return [...different, ...copies];
  },

  async "GitHub's workflows are correct"() {
    const workflows = tracked.filter((path) => /^\.github\/workflows\/.*\.ya?ml$/.test(path));
    if (workflows.length === 0) return ["no workflows found"];
    return (await Promise.all(workflows.map((path) => workflowErrors(path, read(path))))).flat();
  },

  "lock files name no registry of this machine"() {
    const cratesIo = "registry+https://github.com/rust-lang/crates.io-index";
    const all = (path, pattern) => [...read(path).matchAll(pattern)].map(([, url]) => url);
    return [
      ...all("Cargo.lock", /^source = "(.+)"$/gm)
        .filter((source) => source !== cratesIo)
        .map((source) => `Cargo.lock: ${source}`),
      ...npmLocks.flatMap((path) =>
        all(path, /"resolved": "(.+)"/g).map((url) => `${path}: ${url}`),
      ),
    ];
  },

  // If npm updates a lock file while node_modules exists, it may keep only the packages of this
  // machine. A newer `npm ci` refuses such a lock file.
  "lock files hold the packages of every platform"() {
    return npmLocks.flatMap((path) => {
      const { packages } = JSON.parse(read(path));
      const locked = new Set(Object.keys(packages).map((at) => at.split("node_modules/").at(-1)));
      return Object.values(packages)
        .flatMap(({ dependencies, optionalDependencies }) =>
          Object.keys({ ...dependencies, ...optionalDependencies }),
        )
        .filter((name) => !locked.has(name))
        .map((name) => `${path} lacks ${name}`);
    });
  },

  "docs/decisions.md has the reason for each npm package"() {
    const decisions = read("docs/decisions.md");
    const { devDependencies } = JSON.parse(read("package.json"));
    return Object.keys(devDependencies).filter((name) => !decisions.includes(`\`${name}\``));
  },

  "the required crates are used, and docs/decisions.md has the reason for each crate"() {
    const required = ["wasm-bindgen", "wasm-bindgen-futures", "js-sys", "web-sys", "serde"];
    required.push("serde-wasm-bindgen", "gloo-net", "futures");
    const section = /^\[(?:target\..*\.)?(?:dev-)?dependencies\]\n((?:\S.*\n)*)/gm;
    const crates = [...read("Cargo.toml").matchAll(section)].flatMap(([, lines]) =>
      [...lines.matchAll(/^([\w-]+) =/gm)].map(([, name]) => name),
    );
    const code = rust.map((path) => withoutComments(read(path))).join("\n");
    const isUsed = (name) => new RegExp(`\\b${name.replaceAll("-", "_")}::`).test(code);
    const decisions = read("docs/decisions.md");
    const isDescribed = (name) => decisions.includes(`\`${name}\``);
    const isFannedOut = /\bjoin_all\(/.test(read("src/deliberation/panel.rs"));
    return [
      ...lacking(required, (name) => crates.includes(name), "Cargo.toml lacks"),
      ...lacking(required, isUsed, "src does not use"),
      ...lacking(crates, isDescribed, "docs/decisions.md lacks"),
      ...(isFannedOut ? [] : ["the panel does not use join_all"]),
    ];
  },

  "no file names a folder of this machine"() {
    return tracked.flatMap((path) => {
      const found = read(path).match(/(?<![\w.:/$}-])\/(?:work|root|home\/\w+)\/[\w.-]+/);
      return found ? [`${path}: ${found[0]}`] : [];
    });
  },
};

const CODE = /\.(?:rs|js|mjs|ts|css)$/;
const NAMED_FOLDERS = /^(?:src|www|tests|scripts)\//;

/** Files that panic on demand. Only the tier `panic` uses them. */
const PANICS_FOR_TESTS = /^src\/web\/(?:on_demand|test_panic)\.rs$/;

export default async function tidy({ log }) {
  const result = { passed: 0, failed: 0 };
  for (const [name, rule] of Object.entries(rules)) {
    const violations = await attempt(rule);
    result[violations.length === 0 ? "passed" : "failed"]++;
    if (violations.length > 0) log([`tidy: ${name}`, ...violations].join("\n    "));
  }
  return result;
}

async function attempt(rule) {
  try {
    return await rule();
  } catch (error) {
    return [error.message];
  }
}

/** Returns the uses of forbidden paths in the selected Rust files. */
function forbiddenUses(isSelected, forbidden) {
  return rust.filter(isSelected).flatMap((path) =>
    uses(path, read(path))
      .filter((name) => forbidden.test(name))
      .map((name) => `${path} uses ${name}`),
  );
}

/** Returns the text of the tracked files that match, by path. */
function textOf(pattern) {
  return Object.fromEntries(
    tracked.filter((path) => pattern.test(path)).map((path) => [path, read(path)]),
  );
}

/** Returns a message for each name for which `passes` returns false. */
const lacking = (names, passes, message) =>
  names.filter((name) => !passes(name)).map((name) => `${message} ${name}`);

function addTo(lists, key, value) {
  lists.set(key, [...(lists.get(key) ?? []), value]);
}

/**
 * Returns the folder of a path, at most two levels deep: `src/js/handler/chat.js` -> `src/js`. The
 * exceptions name such folders.
 */
const areaOf = (path) => dirname(path).split("/").slice(0, 2).join("/");

/**
 * Returns the violations in folders that are not exceptions of the rule. If there are none, checks
 * that each exception is still needed, see `shrink()`.
 */
function exceptFolders(rule, found) {
  const violations = [...found].filter(([folder]) => !exceptions[rule].includes(folder));
  if (violations.length > 0) return violations.flatMap(([, lines]) => lines);
  return shrink(
    rule,
    exceptions[rule].filter((folder) => found.has(folder)),
  );
}

/**
 * Compares the listed exceptions of a rule with the needed exceptions. If some are no longer
 * needed, returns a message. With UPDATE_GOLDEN, updates the list instead.
 */
function shrink(rule, needed) {
  if (JSON.stringify(needed) === JSON.stringify(exceptions[rule])) return [];
  if (!process.env.UPDATE_GOLDEN) {
    return [`${exceptionsPath} has entries of ${rule} that are no longer needed: UPDATE_GOLDEN=1`];
  }
  exceptions[rule] = needed;
  writeFileSync(join(root, exceptionsPath), `${JSON.stringify(exceptions, null, 2)}\n`);
  return [];
}

function exists(path) {
  try {
    read(path);
    return true;
  } catch {
    return false;
  }
}
