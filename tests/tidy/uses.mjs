// Finds the paths that a Rust file uses, for checks of the dependencies between modules.

/** Returns the absolute paths (`crate::a::b`) of all `use` items and of `crate::` paths in the code. */
export function uses(file, source) {
  const code = withoutComments(source);
  const paths = [];
  for (const [, tree] of code.matchAll(/\buse\s+([^;]+);/g)) paths.push(...expand(tree));
  for (const [path] of code.matchAll(/\bcrate(?:::\w+)+/g)) paths.push(path);
  return [...new Set(paths.map((path) => absolute(path, moduleOf(file))))];
}

export const withoutComments = (source) => source.replace(/\/\/.*|\/\*[^]*?\*\//g, "");

/** `a::{b, c::{d, self}}` -> `a::b`, `a::c::d`, `a::c`. */
function expand(tree) {
  const text = tree.replace(/\s+/g, " ").trim();
  const open = text.indexOf("{");
  if (open === -1) return [text.replace(/ as \w+$/, "").replace(/::self$/, "")];
  const before = text.slice(0, open);
  return split(text.slice(open + 1, text.lastIndexOf("}"))).flatMap((branch) => expand(before + branch));
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

/** `src/provider/dialect/chat.rs` -> `["crate", "provider", "dialect", "chat"]`. */
function moduleOf(file) {
  const names = file.replace(/^src\//, "").replace(/\.rs$/, "").split("/");
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
