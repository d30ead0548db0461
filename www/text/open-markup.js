// Closes or removes incomplete markup at the end of a growing text. Otherwise the page would show
// the markup as text until the markup is complete.
import { withoutOpenMath } from "./math-spans.js";

export function closeOpenMarkup(text) {
  if (count(text, /^ *(```|~~~)/gm) % 2 === 1) return text;
  const bare = withoutOpenMath(closeOpenTable(text))
    // Remove the first characters of a list item. A dash, for example, would turn the previous line
    // into a heading.
    .replace(/\n[ \t]*(?:[-=+*]+|\d+[.)]?)[ \t]*$/, "\n")
    .replace(/\[\^[\w-]{0,30}$/, "")
    // Only the last link can be incomplete. Searching from each bracket would take quadratic time.
    .replace(/!?\[(?!\^)(?=[^[]{0,2000}$)([^[\]\n]*)(?:\](?:\([^)\s[]*)?)?$/, "$1")
    // The lookbehind prevents quadratic time for a long run of these characters inside the text.
    .replace(/(?<![*`_])[*`_]+$/, "")
    .trimEnd();
  const code = count(bare, /`/g) % 2 === 1 ? "`" : "";
  const strong = count(bare, /\*\*/g) % 2 === 1 ? "**" : "";
  return bare + code + strong;
}

const count = (text, pattern) => text.match(pattern)?.length ?? 0;

/** Maximum length of an incomplete table head. A longer head is not completed. */
const MAX_TABLE_HEAD = 4_000;
const PARTIAL_DIVIDER = /^[ \t]*[|:-][ \t|:-]*$/;

/**
 * Completes the head of a table. The head is the line with the column names and the line of dashes
 * below it. Without the line of dashes, marked would show the column names as text.
 */
function closeOpenTable(text) {
  if (/\n[ \t]*\n[ \t]*$/.test(text)) return text;
  const bare = text.trimEnd();
  const lines = bare
    .slice(Math.max(bare.lastIndexOf("\n\n"), bare.length - MAX_TABLE_HEAD, 0))
    .split("\n");
  const [before = "", first = "", last = ""] = ["", "", ...lines].slice(-3);
  // If the line before these two lines contains a bar, the head is already complete.
  if (PARTIAL_DIVIDER.test(last) && isHeader(first) && !before.includes("|")) {
    return bare.slice(0, bare.length - last.length - first.length - 1) + completeHead(first);
  }
  // Only a line that begins with a bar is a table for sure.
  if (!/^[ \t]*\|/.test(last) || first.includes("|")) return text;
  return bare.slice(0, bare.length - last.length) + completeHead(last);
}

const isHeader = (line) => line.includes("|");

function completeHead(line) {
  const cells = line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/);
  const indent = /^[ \t]*/.exec(line)[0];
  const names = cells.map((cell) => cell.trim() || "\u00a0");
  return `${indent}| ${names.join(" | ")} |\n${indent}|${" --- |".repeat(cells.length)}`;
}
