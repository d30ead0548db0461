// Compiles the files of tests/types with the types of the packed package, as pages, Workers and
// servers do. Also checks the JavaScript in src/js against the package's types, and runs two
// linters on the package.
import { existsSync } from "node:fs";
import { cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { root, run } from "../lib/process.mjs";

export default async function types({ installed, tarball, log }) {
  const results = [
    await checkSources("src/js"),
    await checkSources("src/js/cli"),
    ...(await compile(installed)),
    await lint(installed),
    await areTheTypesWrong(tarball),
  ];
  for (const { what, complaint } of results) if (complaint) log(`${what}\n${complaint}`);
  const failed = results.filter(({ complaint }) => complaint).length;
  return { passed: results.length - failed, failed };
}

const tsc = join(root, "node_modules/typescript/bin/tsc");
/**
 * The folder of the TypeScript types for Node. scripts/setup.mjs installs it for the tier
 * `consumers`.
 */
const nodeTypes = join(root, "target/consumers/node_modules/@types");

/** Checks src/js with its JSDoc types against the hand-written .d.ts files. */
async function checkSources(folder) {
  const { code, output } = await run(
    process.execPath,
    [tsc, "--project", join(root, folder, "tsconfig.json")],
    { quiet: true },
  );
  return { what: `${folder}, tsc --checkJs --strict`, complaint: code === 0 ? undefined : output };
}

/**
 * Compiles each file of tests/types several times: with the module resolution of Node and of
 * bundlers, and with the global types of pages, Workers and servers.
 */
async function compile(installed) {
  const folder = join(installed, "types");
  await mkdir(folder);
  await cp(join(root, "tests/types"), folder, { recursive: true });
  const bundler = ["--module", "esnext", "--moduleResolution", "bundler"];
  const dom = ["--types", "", "--lib", "es2022,dom,dom.iterable,dom.asynciterable"];
  const server = ["--module", "nodenext", "--lib", "es2023"];
  const settings = {
    "Node's resolution": ["--module", "nodenext", ...dom],
    "a bundler's resolution": [...bundler, ...dom],
    "in a Worker": [...bundler, "--types", "", "--lib", "es2022,webworker,webworker.asynciterable"],
    "without the DOM's types": [...server, "--types", "", "runtimes/server.d.ts"],
    ...(existsSync(join(nodeTypes, "node")) && {
      "with Node's types alone": [...server, "--types", "node", "--typeRoots", nodeTypes],
    }),
  };
  const strict = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
    "--target",
    "es2022",
  ];
  const results = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".ts"))) {
    for (const [name, options] of Object.entries(settings)) {
      const { code, output } = await run(process.execPath, [tsc, ...strict, ...options, file], {
        cwd: folder,
        quiet: true,
      });
      results.push({
        what: `tests/types/${file}, ${name}`,
        complaint: code === 0 ? undefined : output,
      });
    }
  }
  return results;
}

async function lint(installed) {
  const { publint } = await import("publint");
  const { formatMessage } = await import("publint/utils");
  const { messages, pkg } = await publint({
    pkgDir: join(installed, "node_modules/llm-fuse"),
    pack: false,
    strict: true,
  });
  return {
    what: "publint",
    complaint: messages.map((message) => formatMessage(message, pkg)).join("\n") || undefined,
  };
}

async function areTheTypesWrong(tarball) {
  const args = [
    join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"),
    tarball,
    "--profile",
    "esm-only",
    "--no-color",
    "--no-emoji",
  ];
  const { code, output } = await run(process.execPath, args, { quiet: true });
  return { what: "attw", complaint: code === 0 ? undefined : output };
}
