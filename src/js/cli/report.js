// Makes the report after the answer: contradictions in the panel, and sources.

import { oneLine } from "./printable.js";

/**
 * Returns the report, or an empty string if there is nothing to report.
 * @param {import("../index.js").FusionResult} result
 * @param {any} colors
 */
export function reportOn({ analysis, sources, failed_models }, colors) {
  /** @type {string[][]} */
  const parts = [];
  const contradictions = analysis?.contradictions ?? [];
  if (contradictions.length > 0)
    parts.push([
      colors.bold(colors.yellow("Where the panel disagrees")),
      ...contradictions.flatMap(({ topic, stances, survived }) => [
        `• ${oneLine(topic)}${survived === false ? colors.dim(" (not found again)") : ""}`,
        ...stances.map(
          ({ model, stance }) => `    ${colors.dim(`${oneLine(model)}:`)} ${oneLine(stance)}`,
        ),
      ]),
    ]);
  if (sources.length > 0)
    parts.push([
      colors.bold("Sources"),
      ...sources.map(
        ({ url, title }, i) =>
          `${i + 1}. ${title ? `${oneLine(title)} ` : ""}${colors.dim(oneLine(url))}`,
      ),
    ]);
  if (failed_models.length > 0)
    parts.push([
      colors.bold("Without an answer"),
      ...failed_models.map(({ model, error }) => `• ${oneLine(model)}: ${oneLine(error)}`),
    ]);
  return parts.map((lines) => lines.join("\n")).join("\n\n");
}
