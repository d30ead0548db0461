// The report as Markdown.

import { oneLine } from "../printable.js";
import {
  armTable,
  comparisonTable,
  conclusion,
  costWords,
  FEATURES,
  featureTable,
  graderTable,
  lossTexts,
  lossTitle,
  METHOD,
  taskTable,
} from "./words.js";

/** @typedef {import("./words.js").Report} Report */

/** @param {Report} report */
export function markdownReport(report) {
  const { tasks, panel, grader, created_at, warnings, losses, comparisons } = report;
  const parts = [
    "# Does the fusion help on these tasks?",
    inline(`${tasks} tasks. Panel: ${panel.join(", ")}. Grader: ${grader}. ${created_at}`),
    ...warnings.map((warning) => `> **Warning:** ${inline(warning)}`),
    ...comparisons.map((found) => inline(conclusion(found))),
    "## Wins, ties and losses",
    table(comparisonTable(report)),
    "## Cost and time",
    table(armTable(report)),
    ...costWords(report),
    "## What the features did",
    table(featureTable(report)),
    FEATURES,
    "## Tasks that the fusion lost",
    ...(losses.length === 0 ? ["None."] : losses.flatMap(lossParts)),
    "## All tasks",
    table(taskTable(report)),
    "## The grader",
    table(graderTable(report)),
    "## How to read this",
    METHOD.map((line) => `- ${line}`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** @param {Report["losses"][number]} loss */
const lossParts = (loss) => [
  `### ${inline(lossTitle(loss))}`,
  ...lossTexts(loss).flatMap(({ name, text }) => [`${name}:`, block(text)]),
];

/**
 * Returns a model's text in a code block, so that the text is not rendered as Markdown or HTML.
 * @param {string} text
 */
function block(text) {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/**
 * Returns a text as one line in which nothing is Markdown or HTML.
 * @param {string} text
 */
const inline = (text) =>
  oneLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*_[\]|~]/g, "\\$&");

/** @param {{ head: string[], rows: string[][] }} table */
const table = ({ head, rows }) =>
  [head, head.map(() => "---"), ...rows.map((row) => row.map(inline))]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
