// Compiles tests/types against the packed package and runs the package linters.
import { cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { run, root } from "../lib/process.mjs";

export default async function types({ installed, tarball, log }) {
  const results = [...(await compile(installed)), await lint(installed), await areTheTypesWrong(tarball)];
  for (const { what, complaint } of results) if (complaint) log(`${what}\n${complaint}`);
  const failed = results.filter(({ complaint }) => complaint).length;
  return { passed: results.length - failed, failed };
}

/** Compiles each file with the module resolutions of Node, of bundlers and of Workers. */
async function compile(installed) {
  const folder = join(installed, "types");
  await mkdir(folder);
  await cp(join(root, "tests/types"), folder, { recursive: true });
  const settings = {
    "Node's resolution": ["--module", "nodenext", "--lib", "es2022,dom,dom.iterable,dom.asynciterable"],
    "a bundler's resolution": ["--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom,dom.iterable,dom.asynciterable"],
    "in a Worker": ["--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,webworker,webworker.asynciterable"],
  };
  const results = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".ts"))) {
    for (const [name, options] of Object.entries(settings)) {
      const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target", "es2022", "--types", ""];
      const args = [join(root, "node_modules/typescript/bin/tsc"), "--noEmit", ...strict, ...options, file];
      const { code, output } = await run(process.execPath, args, { cwd: folder, quiet: true });
      results.push({ what: `tests/types/${file}, ${name}`, complaint: code === 0 ? undefined : output });
    }
  }
  return results;
}

async function lint(installed) {
  const { publint } = await import("publint");
  const { formatMessage } = await import("publint/utils");
  const { messages, pkg } = await publint({ pkgDir: join(installed, "node_modules/llm-fuse"), pack: false, strict: true });
  return { what: "publint", complaint: messages.map((message) => formatMessage(message, pkg)).join("\n") || undefined };
}

async function areTheTypesWrong(tarball) {
  const args = [join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "esm-only", "--no-color", "--no-emoji"];
  const { code, output } = await run(process.execPath, args, { quiet: true });
  return { what: "attw", complaint: code === 0 ? undefined : output };
}
