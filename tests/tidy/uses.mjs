// Finds the paths that a Rust file uses, for checks of the dependencies between modules.

/**
 * Returns the absolute paths (`crate::a::b`) in a file's code. Includes the paths of all `use`
 * items and all other paths that begin with `crate::`.
 */
export function uses(file, source) {
  const code = withoutComments(source);
  const paths = [];
  for (const [, tree] of code.matchAll(/\buse\s+([^;]+);/g)) paths.push(...expand(tree));
  for (const [path] of code.matchAll(/\bcrate(?:::\w+)+/g)) paths.push(path);
  return [...new Set(paths.map((path) => absolute(path, moduleOf(file))))];
}

/**
 * Returns the absolute paths in a file's code, as `uses()` does. Also resolves paths that begin
 * with `super`, `self` or a child module. Leaves out re-exports, which `aliases` returns.
 */
export function expandPaths(file, source, children) {
  const module = moduleOf(file);
  const code = source.replace(REEXPORT, "");
  const items = [...code.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => expand(tree));
  const body = code.replace(/\buse\s+[^;]+;|\bpub\([^)]*\)/g, "");
  const inline = [...body.matchAll(/(?<![\w:])(?:crate|self|super|[a-z]\w*)(?:::\w+)+/g)];
  const imported = new Map(items.map((path) => [path.split("::").at(-1), path]));
  const paths = [...items, ...inline.map(([path]) => path)].map((path) => {
    const [first, ...rest] = path.split("::");
    if (children.includes(first)) return ["self", path].join("::");
    return rest.length > 0 && imported.has(first) && !items.includes(path)
      ? [imported.get(first), ...rest].join("::")
      : path;
  });
  return [...new Set(paths.map((path) => absolute(path, module)))];
}

const REEXPORT = /\bpub(?:\([^)]*\))?\s+use\s+([^;]+);/g;

/** Returns the re-exports of a module: `[[absolute name, absolute path]]`. */
export function aliases(file, source, children) {
  const module = moduleOf(file);
  return [...source.matchAll(REEXPORT)].flatMap(([, tree]) =>
    expand(tree, (leaf) => leaf).map((leaf) => {
      const [path, alias] = leaf.split(" as ");
      const [first] = path.split("::");
      const target = absolute(children.includes(first) ? `self::${path}` : path, module);
      return [[...module, alias ?? path.split("::").at(-1)].join("::"), target];
    }),
  );
}

export const withoutComments = (source) => source.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");

/** Expands the nested path of a `use` item: `a::{b, c::{d, self}}` -> `a::b`, `a::c::d`, `a::c`. */
function expand(tree, leaf = (text) => text.replace(/ as \w+$/, "").replace(/::self$/, "")) {
  const text = tree.replace(/\s+/g, " ").trim();
  const open = text.indexOf("{");
  if (open === -1) return [leaf(text)];
  const before = text.slice(0, open);
  return split(text.slice(open + 1, text.lastIndexOf("}"))).flatMap((branch) =>
    expand(before + branch, leaf),
  );
}

/** Splits at commas outside inner braces. */
function split(list) {
  const parts = [""];
  let depth = 0;
  for (const char of list) {
    if (char === "{") depth++;
    if (char === "}") depth--;
    if (char === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

/**
 * Returns the path of a file's module: `src/provider/dialect/chat.rs` -> `["crate", "provider",
 * "dialect", "chat"]`.
 */
export function moduleOf(file) {
  const names = file
    .replace(/^src\//, "")
    .replace(/\.rs$/, "")
    .split("/");
  if (["mod", "lib", "main"].includes(names.at(-1))) names.pop();
  return ["crate", ...names];
}

function absolute(path, module) {
  const names = path.split("::");
  const place = [...module];
  if (names[0] === "self") names.shift();
  else if (names[0] !== "super") return path;
  while (names[0] === "super") {
    names.shift();
    place.pop();
  }
  return [...place, ...names].join("::");
}
