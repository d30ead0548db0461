// Returns the version of each package that an import in this folder resolves to. The name `node`
// stands for Node itself.

import { readFile } from "node:fs/promises";

export async function versions(names) {
  const entries = names.map(async (name) => [
    name,
    name === "node" ? process.versions.node : await versionOf(name),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Searches for the package.json in the folders above the package's entry. An import of package.json
 * fails if the package does not export it.
 */
async function versionOf(name) {
  for (let folder = new URL(".", import.meta.resolve(name)); ; folder = new URL("..", folder)) {
    const text = await readFile(new URL("package.json", folder), "utf8").catch(() => "{}");
    const found = JSON.parse(text);
    if (found.name === name) return found.version;
    if (folder.pathname === "/") throw new Error(`${name} has no package.json`);
  }
}
