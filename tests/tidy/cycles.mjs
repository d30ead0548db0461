// Finds cycles between modules, in JavaScript and in Rust. A module is a file.

import { posix } from "node:path";
import { aliases, expandPaths, moduleOf, withoutComments } from "./uses.mjs";

/**
 * Returns the cycles of a graph. Each cycle is a sorted list of files. The cycles are the graph's
 * strongly connected components, which Tarjan's algorithm finds.
 * @param graph `{ [file]: [files that it imports] }`
 */
export function cycles(graph) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    index.set(file, index.size);
    low.set(file, index.get(file));
    stack.push(file);
    for (const next of graph[file] ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file), low.get(next)));
    }
    if (low.get(file) !== index.get(file)) return;
    const component = stack.splice(stack.indexOf(file));
    if (component.length > 1) found.push(component.sort());
  };
  for (const file of Object.keys(graph)) if (!index.has(file)) visit(file);
  return found.sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/**
 * Returns the static imports of each file.
 * @param files the text of the files by path
 */
export function javaScriptGraph(files) {
  const imports = /^(?:import|export)\b[^"'`;]*?["'](\.{1,2}\/[^"']+)["']/gm;
  return mapValues(files, (text, file) =>
    [...text.matchAll(imports)]
      .map(([, path]) => posix.join(posix.dirname(file), path))
      .filter((path) => path in files && path !== file),
  );
}

/**
 * Returns the files that each file uses. If a path leads through a re-export, the file uses the
 * module that the re-export names. Code for tests does not count.
 * @param files the text of all files of src by path
 */
export function rustGraph(files) {
  const tests = testFiles(files);
  const sources = mapValues(files, withoutTests);
  for (const file of tests) delete sources[file];
  const byModule = new Map(Object.keys(sources).map((file) => [moduleOf(file).join("::"), file]));
  const reexports = new Map();
  for (const [file, text] of Object.entries(sources)) {
    for (const [name, path] of aliases(file, text, childrenOf(text))) reexports.set(name, path);
  }
  const fileOf = (path, depth = 0) => {
    const names = path.split("::");
    for (let length = names.length; length > 0; length--) {
      const prefix = names.slice(0, length).join("::");
      const target = reexports.get(prefix);
      if (target && target !== prefix && depth < 9) {
        return fileOf([target, ...names.slice(length)].join("::"), depth + 1);
      }
      if (byModule.has(prefix)) return byModule.get(prefix);
    }
    return undefined;
  };
  return mapValues(sources, (text, file) => {
    const used = expandPaths(file, text, childrenOf(text)).map((path) => fileOf(path));
    return [...new Set(used)].filter((other) => other && other !== file);
  });
}

/** Returns the names of the modules that a file declares. */
const childrenOf = (text) =>
  [...text.matchAll(/^\s*(?:pub(?:\([^)]*\))? )?mod (\w+);/gm)].map(([, name]) => name);

const TEST_MODULE = /#\[cfg\(test\)\]\s*(?:#\[path = "([^"]+)"\]\s*)?mod (\w+);/g;

function testFiles(files) {
  return Object.keys(files).flatMap((file) => {
    const home = file.replace(/(?:\/(?:mod|lib))?\.rs$/, "");
    return [...files[file].matchAll(TEST_MODULE)].map(([, path, name]) =>
      path ? posix.join(posix.dirname(file), path) : `${home}/${name}.rs`,
    );
  });
}

/** Removes comments, and modules and `use` items that are only compiled for tests. */
const withoutTests = (text) =>
  withoutComments(text)
    .replace(/#\[cfg\(test\)\]\s*mod \w+ \{[\s\S]*$/, "")
    .replace(TEST_ITEM, "");

const TEST_ITEM =
  /#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub )?(?:mod|use) [^;{]*(?:\{[^}]*\})?;/g;

const mapValues = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
