// Reads the names of fields from type declarations, so that a new field of a type fails a test.

import { readFile } from "node:fs/promises";

/**
 * Returns the names of a type's own fields, without the fields of nested types. `declaration` is
 * the beginning of the type's code, such as `export interface Params`.
 */
export function fieldsOf(text, declaration) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*/g, "");
  const at = code.search(new RegExp(`${declaration}\\b`));
  if (at < 0) throw new Error(`there is no \`${declaration}\``);
  const fields = [];
  let depth = 0;
  const block = code.slice(code.indexOf("{", at)).replace(/[{;]/g, "$&\n");
  for (const line of block.split("\n")) {
    const name = /^\s*(?:readonly )?["']?([\w-]+)["']?\??:/.exec(line)?.[1];
    if (depth === 1 && name !== undefined) fields.push(name);
    depth += (line.match(/[{[(]/g) ?? []).length - (line.match(/[}\])]/g) ?? []).length;
    if (depth <= 0) return fields;
  }
  throw new Error(`\`${declaration}\` does not end`);
}

/** Reads a file of the package version that an import here resolves to. */
export async function readPackageFile(name, path) {
  for (let folder = new URL(".", import.meta.resolve(name)); ; folder = new URL("..", folder)) {
    const text = await readFile(new URL("package.json", folder), "utf8").catch(() => "{}");
    if (JSON.parse(text).name === name) return readFile(new URL(path, folder), "utf8");
    if (folder.pathname === "/") throw new Error(`${name} has no package.json`);
  }
}
