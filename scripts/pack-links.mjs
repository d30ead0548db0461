// `prepack` makes the links of the packed Markdown files absolute, because npmjs.com cannot follow
// relative ones. `postpack` restores the files. Does nothing if package.json names no repository.
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryOf, withAbsoluteLinks } from "./lib/package-links.mjs";
import { isMain, main, root } from "./lib/process.mjs";

const packed = ["README.md", "CHANGELOG.md"];

/** Rewrites the packed files and keeps the originals under target/. */
export async function rewrite(folder = root) {
  // An interrupted `npm pack` may have left rewritten files.
  await restore(folder);
  const rewritten = await rewriter(folder);
  if (!rewritten) return;
  await mkdir(saved(folder), { recursive: true });
  for (const name of packed) {
    const original = await readFile(join(folder, name), "utf8");
    await writeFile(join(saved(folder), name), original);
    await writeFile(join(folder, name), rewritten(original));
  }
}

/** Restores the original files. A file that was edited after the rewrite stays as it is. */
export async function restore(folder = root) {
  const rewritten = await rewriter(folder);
  for (const name of packed) {
    if (!rewritten || !existsSync(join(saved(folder), name))) continue;
    const original = await readFile(join(saved(folder), name), "utf8");
    const isUntouched = (await readFile(join(folder, name), "utf8")) === rewritten(original);
    if (isUntouched) await writeFile(join(folder, name), original);
  }
  await rm(saved(folder), { recursive: true, force: true });
}

/** Returns the function that rewrites a text, or undefined if package.json names no repository. */
async function rewriter(folder) {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const repository = repositoryOf(manifest);
  return repository && ((text) => withAbsoluteLinks(text, repository, manifest.version));
}

const saved = (folder) => join(folder, "target/packed-markdown");

if (isMain(import.meta))
  await main(() => (process.argv.includes("--restore") ? restore() : rewrite()));
