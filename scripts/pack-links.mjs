// `prepack` makes the links of the packed Markdown files absolute, because npmjs.com cannot follow relative ones; `postpack` restores the files.
// Does nothing if package.json names no repository.
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryOf, withAbsoluteLinks } from "./lib/package-links.mjs";
import { isMain, main, root } from "./lib/process.mjs";

const packed = ["README.md", "CHANGELOG.md"];

export async function rewrite(folder = root) {
  await restore(folder); // an interrupted `npm pack` may have left rewritten files
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const repository = repositoryOf(manifest);
  if (!repository) return;
  await mkdir(saved(folder), { recursive: true });
  for (const name of packed) {
    const text = await readFile(join(folder, name), "utf8");
    await copyFile(join(folder, name), join(saved(folder), name));
    await writeFile(join(folder, name), withAbsoluteLinks(text, repository, manifest.version));
  }
}

export async function restore(folder = root) {
  for (const name of packed) if (existsSync(join(saved(folder), name))) await copyFile(join(saved(folder), name), join(folder, name));
  await rm(saved(folder), { recursive: true, force: true });
}

const saved = (folder) => join(folder, "target/packed-markdown");

if (isMain(import.meta)) await main(() => (process.argv.includes("--restore") ? restore() : rewrite()));
