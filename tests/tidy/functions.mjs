// Finds functions that are long or have many arguments. Such a function needs a comment with the
// reason.

import { parseSync, Visitor } from "vite";

/** Functions with at most this many lines and arguments need no reason. */
const MAX_LINES = 60;
const MAX_ARGUMENTS = 5;

/**
 * Returns a message for each function of a file that needs a reason and has none. A reason is a
 * comment directly above the function or on its first line. Rust tests need no reason.
 */
export function functionsWithoutReason(path, text) {
  const lines = text.split("\n");
  const functions = path.endsWith(".rs") ? rustFunctions(lines) : javaScriptFunctions(path, text);
  return functions.flatMap(({ name, first, last, parameters }) => {
    const comment = commentOf(lines, first);
    if (comment.includes("#[test]")) return [];
    const length = last - first + 1;
    const needs = [];
    if (length > MAX_LINES && !comment.includes("This function is long because"))
      needs.push(`${length} lines`);
    if (parameters > MAX_ARGUMENTS && !comment.includes("This function has many arguments because"))
      needs.push(`${parameters} arguments`);
    return needs.map((need) => `${path}:${first + 1}: ${name} has ${need} and no reason`);
  });
}

/** Returns the comment directly above a line, and the line itself, without line breaks. */
function commentOf(lines, line) {
  let from = line;
  while (/^\s*(?:\/\/|\/?\*|#\[)/.test(lines[from - 1] ?? "")) from--;
  const texts = lines.slice(from, line + 1);
  return texts.map((text) => text.replace(/^\s*(?:\/\/+|\/?\*+)/, "").trim()).join(" ");
}

/**
 * Finds functions in code that rustfmt has formatted. In such code, the last line of a function has
 * the same indentation as its first line.
 */
function rustFunctions(lines) {
  return lines.flatMap((line, first) => {
    const [, indent, name] = line.match(RUST_FUNCTION) ?? [];
    if (name === undefined) return [];
    const isEnd = (text) =>
      text === `${indent}}` || (text.startsWith(`${indent})`) && /;$/.test(text));
    const length = /[;}]$/.test(line) ? 0 : lines.slice(first).findIndex(isEnd);
    const last = first + Math.max(length, 0);
    const code = lines.slice(first, last + 1).join("\n");
    return [{ name, first, last, parameters: rustParameters(code.split(`fn ${name}`)[1]) }];
  });
}

const RUST_FUNCTION = /^( *)(?:pub(?:\([^)]*\))? )?(?:(?:async|const|unsafe) )*fn (\w+)/;

/** Counts the parameters except `self`. `code` begins after the function's name. */
function rustParameters(code) {
  const parameters = [""];
  let depth = 0;
  let isGeneric = false;
  for (const char of code.replaceAll("->", "")) {
    if (depth === 0) isGeneric = char === "<";
    if ("([{<".includes(char)) depth++;
    if (")]}>".includes(char)) depth--;
    if (depth === 0 && !isGeneric) break;
    if (isGeneric) continue;
    if (depth === 1 && char === ",") parameters.push("");
    else parameters[parameters.length - 1] += char;
  }
  return parameters.filter((parameter) => !/^\W*(?:'\w+ )?(?:mut )?(?:self)?$/.test(parameter))
    .length;
}

function javaScriptFunctions(path, text) {
  const functions = [];
  // Maps each function to the method, property or variable that names it.
  const owners = new Map();
  const own = (owner, value, name) =>
    owners.set(value, { owner, name: text.slice(name.start, name.end) });
  const read = (node) => {
    const { owner = node, name = node.id?.name ?? "a function" } = owners.get(node) ?? {};
    const [first, last] = [lineOf(text, owner.start), lineOf(text, node.end)];
    functions.push({ name, first, last, parameters: node.params.length });
  };
  const ownValue = (node) => own(node, node.value, node.key);
  const ownInit = (node) => node.init && own(node, node.init, node.id);
  new Visitor({
    MethodDefinition: ownValue,
    Property: ownValue,
    PropertyDefinition: ownValue,
    VariableDeclarator: ownInit,
    FunctionDeclaration: read,
    FunctionExpression: read,
    ArrowFunctionExpression: read,
  }).visit(parseSync(path, text).program);
  return functions;
}

const lineOf = (text, offset) => text.slice(0, offset).split("\n").length - 1;
