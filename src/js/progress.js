// Describes the progress of the panel and the analyst in lines of text, for reasoning parts.

/** @typedef {import("./output.js").FusionEvent} FusionEvent */

const LISTS = {
  consensus: "in common",
  contradictions: "in contradiction",
  partial_coverage: "by some only",
  unique_insights: "by one alone",
  blind_spots: "by none",
};

/** Maximum number of characters of a tool's input. A model writes the input, so it may be long. */
const MAX_INPUT_CHARS = 200;
/** Characters that control a terminal or reorder text, and line separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it finds control characters.
const CONTROL = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/**
 * Makes the lines that describe the progress. Remembers the model of each panelist, because most
 * events have only the panelist's index.
 */
export class Progress {
  /** @type {Map<number, string>} */
  #models = new Map();

  /**
   * Returns the line for an event, or `undefined` if the event gets no line.
   * @param {FusionEvent} event
   * @returns {string | undefined}
   */
  line(event) {
    switch (event.type) {
      case "run.started":
        for (const { index, model } of event.panel) this.#models.set(index, model);
        return event.panel.length > 0 ? `Panel: ${names(event.panel)}.` : undefined;
      case "panel.escalated":
        for (const { index, model } of event.panel) this.#models.set(index, model);
        return `The panel disagrees. Further models: ${names(event.panel)}.`;
      case "panel.settled":
        return `No further models are asked (${event.reason}).`;
      case "panelist.tool":
        return event.status === "started"
          ? `${this.#models.get(event.index)} uses ${event.tool}: ${toCode(event.input)}`
          : undefined;
      case "panelist.retrying":
        return `${event.model} failed (${event.error.code}) and is asked again.`;
      case "panelist.completed":
        return `${event.model} has answered.`;
      case "panelist.failed":
        return `${event.model} failed (${event.error.code}).`;
      case "analysis.started":
        return `${event.model} compares the answers.`;
      case "analysis.completed":
        return `Points ${counts(event.analysis)}.`;
      case "analysis.failed":
        return `The analysis failed (${event.error.code}).`;
      default:
        return undefined;
    }
  }
}

/** @param {import("./output.js").PanelMember[]} panel */
const names = (panel) => panel.map(({ model }) => model).join(", ");

/** @param {Record<string, any>} analysis */
const counts = (analysis) =>
  Object.entries(LISTS)
    .map(([name, words]) => {
      const list = analysis?.[name];
      return `${words}: ${Array.isArray(list) ? list.length : 0}`;
    })
    .join(", ");

/**
 * Returns a text as a Markdown code span. Otherwise a client would render the text as Markdown. A
 * page could then make a panelist write the address of a picture, and the client would load the
 * picture.
 * @param {string} text
 */
function toCode(text) {
  const plain = text.replace(CONTROL, " ").replaceAll("`", "'");
  const cut = plain.slice(0, MAX_INPUT_CHARS).replace(/[\ud800-\udbff]$/, "");
  return `\`${cut}${cut.length < plain.length ? "…" : ""}\``;
}
