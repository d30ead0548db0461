// Compares the versions of an example's package.json with the versions that the tests install.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { equal } from "../scenarios/assert.mjs";

/** Fails if a dependency of the example in `folder` has another version than in the tests. */
export async function sameVersions(folder) {
  const read = async (path) => JSON.parse(await readFile(path, "utf8"));
  const tests = await read(new URL("package.json", import.meta.url));
  const own = await read(join(folder, "package.json"));
  const root = await read(new URL("../../package.json", import.meta.url));
  const known = { ...root.devDependencies, ...tests.dependencies, "llm-fuse": `^${root.version}` };
  for (const [name, version] of Object.entries({ ...own.dependencies, ...own.devDependencies })) {
    equal([name, version], [name, known[name]]);
  }
}
