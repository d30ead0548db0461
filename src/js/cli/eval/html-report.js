// Builds the report as one HTML page without scripts and other files. The page's
// Content-Security-Policy forbids scripts and requests. Therefore a model's text could do no harm,
// even if it were not escaped.

import { printable } from "../printable.js";
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
  percent,
  taskTable,
} from "./words.js";

/** @typedef {import("./words.js").Report} Report */

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; margin: 1rem 0; }
th, td { border: 1px solid #8888; padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; }
pre { border: 1px solid #8888; overflow-wrap: anywhere; padding: 0.75rem; white-space: pre-wrap; }
details { margin: 0.75rem 0; }
summary { cursor: pointer; font-weight: 600; }
.warning { border-left: 4px solid #c80; padding-left: 0.75rem; }
.range { background: #8883; display: block; height: 0.75rem; max-width: 30rem; position: relative; }
.range i { background: #27c; bottom: 0; position: absolute; top: 0; }
.range b { border-left: 2px solid currentColor; bottom: -3px; left: 50%; top: -3px; }
.range b { position: absolute; }
`;

/** @param {Report} report */
export function htmlReport(report) {
  const { tasks, panel, grader, created_at, warnings, losses, comparisons } = report;
  const title = "Does the fusion help on these tasks?";
  const body = [
    `<h1>${title}</h1>`,
    paragraph(`${tasks} tasks. Panel: ${panel.join(", ")}. Grader: ${grader}. ${created_at}`),
    ...warnings.map(
      (text) => `<p class="warning"><strong>Warning:</strong> ${escapeHtml(text)}</p>`,
    ),
    ...comparisons.map((found) => paragraph(conclusion(found)) + range(found)),
    heading("Wins, ties and losses"),
    table(comparisonTable(report)),
    heading("Cost and time"),
    table(armTable(report)),
    ...costWords(report).map(paragraph),
    heading("What the features did"),
    table(featureTable(report)),
    paragraph(FEATURES),
    heading("Tasks that the fusion lost"),
    ...(losses.length === 0 ? [paragraph("None.")] : losses.map(lossPart)),
    heading("All tasks"),
    table(taskTable(report)),
    heading("The grader"),
    table(graderTable(report)),
    heading("How to read this"),
    `<ul>${METHOD.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.join("\n")}
</main>
</body>
</html>
`;
}

/**
 * Returns a bar from 0 to 100 %. The bar shows the confidence interval of the share of wins among
 * the tasks without a tie.
 * @param {Report["comparisons"][number]} comparison
 */
function range({ decided, label }) {
  if (!decided) return "";
  const left = (decided.low * 100).toFixed(1);
  const width = ((decided.high - decided.low) * 100).toFixed(1);
  const bounds = `${percent(decided.low)} to ${percent(decided.high)}`;
  const words = `${label}: wins among the decided tasks, ${bounds}`;
  return (
    `<span class="range" role="img" aria-label="${escapeHtml(words)}">` +
    `<i style="left:${left}%;width:${width}%"></i><b></b></span>`
  );
}

/** @param {Report["losses"][number]} loss */
function lossPart(loss) {
  const shown = lossTexts(loss).map(
    ({ name, text }) => `<h3>${name}</h3>\n<pre>${escapeHtml(text)}</pre>`,
  );
  const title = escapeHtml(lossTitle(loss));
  return `<details>\n<summary>${title}</summary>\n${shown.join("\n")}\n</details>`;
}

/** @param {string} text */
const heading = (text) => `<h2>${escapeHtml(text)}</h2>`;

/** @param {string} text */
const paragraph = (text) => `<p>${escapeHtml(text)}</p>`;

/** @param {{ head: string[], rows: string[][] }} table */
function table({ head, rows }) {
  const row = (/** @type {string[]} */ cells, /** @type {string} */ tag) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return (
    `<div class="wide"><table>\n<thead>${row(head, "th")}</thead>\n` +
    `<tbody>\n${rows.map((cells) => row(cells, "td")).join("\n")}\n</tbody></table></div>`
  );
}

/** The HTML entities of characters that have a special meaning in HTML. */
const ENTITIES = /** @type {Record<string, string>} */ ({
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
});

/** @param {string} text */
const escapeHtml = (text) =>
  printable(text).replace(/[&<>"']/g, (found) => ENTITIES[found] ?? found);
