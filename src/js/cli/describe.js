// Describes events in words.

import { oneLine } from "./printable.js";

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** @param {string} text */
export const length = (text) => `${text.length.toLocaleString("en")} characters`;

/**
 * Returns a cost as text. An unknown cost is null, not zero.
 * @param {{ cost: number | null, cost_so_far?: number }} usage
 */
export function cost({ cost, cost_so_far = 0 }) {
  if (cost !== null) return `$${Number(cost.toPrecision(3))}`;
  return cost_so_far > 0 ? `at least $${Number(cost_so_far.toPrecision(3))}` : "cost unknown";
}

/** @param {{ code?: string, message: string }} error */
export const failure = ({ code = "error", message }) => `${code}: ${oneLine(message)}`;

/** @param {any} analysis */
export function findings({
  consensus,
  contradictions,
  partial_coverage,
  unique_insights,
  blind_spots,
}) {
  const counts = [
    [consensus, "agreed"],
    [contradictions, "disagreed"],
    [partial_coverage, "said by some"],
    [unique_insights, "said by one"],
    [blind_spots, blind_spots.length === 1 ? "blind spot" : "blind spots"],
  ];
  const found = counts.filter(([items]) => items.length > 0);
  return found.map(([items, words]) => `${items.length} ${words}`).join(", ") || "nothing found";
}

/**
 * Returns a text for a tool call: the tool's name without a prefix, and the query or URL.
 * @param {{ tool: string, input: string }} activity
 */
export function toolWords({ tool, input }) {
  const name = tool.replace(/^openrouter:/, "").replaceAll("_", " ");
  let what = input;
  try {
    const { query, url } = JSON.parse(input);
    what = query ?? url ?? input;
  } catch {
    // A model wrote the arguments, so they may not be valid JSON.
  }
  return oneLine(`${name} ${what}`);
}

/**
 * Maps each event type to a function that returns the line for an event. These lines are used if
 * stderr is not a terminal.
 * @type {Record<string, (event: any, who: string) => string | false>}
 */
export const lineFor = {
  "panelist.started": ({ attempt }, who) =>
    attempt === 1 ? `${who}: asked` : `${who}: asked again`,
  // OpenRouter reports the call of a hosted tool only after the tool has ended.
  "panelist.tool": (event, who) => {
    const { tool, status, summary = "" } = event;
    if (status === "started" || tool.startsWith("openrouter:"))
      return `${who}: ${toolWords(event)}`;
    return status === "failed" && `${who}: ${tool} failed: ${oneLine(summary)}`;
  },
  "panelist.retrying": ({ error, next_model = "again", delay_ms }, who) =>
    `${who}: ${failure(error)}; trying ${next_model} in ${seconds(delay_ms)}`,
  "panelist.completed": ({ restored, content, latency_ms, usage }, who) =>
    restored
      ? `${who}: restored, ${length(content)}`
      : `${who}: done, ${length(content)} in ${seconds(latency_ms)}, ${cost(usage)}`,
  "panelist.failed": ({ error }, who) =>
    error.code !== "cancelled" && `${who}: failed, ${failure(error)}`,
  "panel.escalated": ({ panel }) =>
    `the panel disagrees: ${panel.map((/** @type {any} */ one) => one.model).join(", ")} join`,
  "panel.settled": ({ reason }) => `no further models are asked: ${reason}`,
  "analysis.started": ({ model, pass }) =>
    `analyst ${model}: ${pass === 2 ? "checks its comparison" : "compares"}`,
  "analysis.completed": ({ analysis, restored }) =>
    `analyst: ${restored ? "restored, " : ""}${findings(analysis)}`,
  "analysis.failed": ({ error, next }) =>
    `analyst: failed, ${failure(error)}${next ? `; next: ${next}` : ""}`,
  "answer.started": ({ model, attempt }) =>
    `writer ${model}: writes${attempt > 1 ? ", again from the start" : ""}`,
  warning: ({ code, message }) => `warning ${code}: ${message}`,
  "run.completed": (event) => `done in ${summary(event)}`,
};

/**
 * Returns the time, the tokens and the cost of a completed run.
 * @param {any} event
 */
export const summary = ({ elapsed_ms, result: { usage } }) =>
  `${seconds(elapsed_ms)}, ${usage.completion_tokens || "unknown"} tokens written, ${cost(usage)}`;
