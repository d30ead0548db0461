// `node scripts/reproduce.mjs`: clones the repository twice, builds both clones, and compares every
// file of dist/. Takes a few minutes. Uses the node_modules and the Cargo cache of this checkout.
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMain, main, root, runOrThrow, UserError } from "./lib/process.mjs";

/**
 * Names of the folders for the two clones. The names differ in length. If the output contained the
 * path of its folder, the files of the two builds would therefore differ in size.
 */
const NAMES = ["one", "another/folder with a longer name"];

async function buildClone(folder) {
  await runOrThrow("git", ["clone", "--quiet", "--no-hardlinks", root, folder], { quiet: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await runOrThrow(process.execPath, [join(folder, "scripts/build.mjs")], { cwd: folder });
  const dist = join(folder, "dist");
  const files = {};
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files[path.slice(dist.length + 1)] = await readFile(path);
  }
  return files;
}

/** Returns the names of the files that differ between two builds. */
export function differences(one, other) {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.filter((name) => !one[name] || !other[name] || !one[name].equals(other[name]));
}

async function reproduce() {
  const home = await mkdtemp(join(tmpdir(), "llm-fuse-reproduce-"));
  try {
    const builds = [];
    for (const name of NAMES) builds.push(await buildClone(join(home, name)));
    const different = differences(...builds);
    if (different.length > 0) throw new UserError(`Different files: ${different.join(", ")}`);
    console.log(`${Object.keys(builds[0]).length} files of dist/ are byte-identical.`);
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

if (isMain(import.meta)) await main(reproduce);
