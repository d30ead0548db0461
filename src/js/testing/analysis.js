// Builds the analyst's reply from a scripted analysis that names models. The reply must contain
// labels instead, because the prompt has only labels such as "A". Each run assigns the labels at
// random.

/**
 * @typedef {import("./index.js").ScriptedAnalysis} ScriptedAnalysis
 * @typedef {import("./index.js").ScriptedPoint} ScriptedPoint
 */

const FENCE = /<response-(\w+) label="([A-Z])">\n([\s\S]*?)\n<\/response-\1>/g;
/**
 * Number of characters at the start of a model's text that are searched for in the prompt. Later
 * characters may differ, because the prompt escapes text that looks like one of its own tags.
 */
const PREFIX_CHARS = 60;

/**
 * Returns the analyst's reply, with labels in place of models. Leaves out models whose answers are
 * not in the prompt. Then leaves out points of several models that have only one model left.
 * @param {ScriptedAnalysis} analysis
 * @param {Map<string, Set<string>>} textsByModel
 * @param {unknown} body the analyst's request
 */
export function analysisReply(analysis, textsByModel, body) {
  const labels = labelFinder(textsByModel, body);
  /** @param {string[]} models */
  const allLabels = (models) => [...new Set(models.flatMap(labels))];
  /** @param {{ model: string }[]} entries @returns {any[]} */
  const withLabels = (entries) =>
    entries.flatMap(({ model, ...entry }) =>
      labels(model).map((response) => ({ response, ...entry })),
    );
  /** @param {ScriptedPoint[]} points */
  const shared = (points) =>
    points.flatMap(({ point, models, quotes = [] }) => {
      const responses = allLabels([...models]);
      if (responses.length < Math.min(2, models.length)) return [];
      return [{ point, responses, quotes: withLabels([...quotes]) }];
    });
  const {
    consensus = [],
    contradictions = [],
    partial_coverage = [],
    unique_insights = [],
    blind_spots = [],
  } = analysis;
  return JSON.stringify({
    consensus: shared([...consensus]),
    contradictions: contradictions
      .map(({ topic, stances }) => ({ topic, stances: withLabels([...stances]) }))
      .filter(({ stances }) => stances.length > 1),
    partial_coverage: shared([...partial_coverage]),
    unique_insights: unique_insights.flatMap((insight) => withLabels([insight]).slice(0, 1)),
    blind_spots: blind_spots.map((spot) => (typeof spot === "string" ? { point: spot } : spot)),
  });
}

/**
 * Returns a function that finds the labels of a model's answers in the analyst's prompt.
 * @param {Map<string, Set<string>>} textsByModel
 * @param {unknown} body
 */
function labelFinder(textsByModel, body) {
  const answers = [...strings(body).join("\n").matchAll(FENCE)].map(
    ([, , label = "", text = ""]) => ({ label, text }),
  );
  /** @param {string} model */
  return (model) => {
    const prefixes = [...(textsByModel.get(model) ?? [])].map((text) =>
      text.trim().slice(0, PREFIX_CHARS),
    );
    return answers
      .filter(({ text }) => prefixes.some((prefix) => prefix && text.includes(prefix)))
      .map(({ label }) => label);
  };
}

/**
 * Returns every string in a request of any dialect.
 * @param {unknown} value
 * @returns {string[]}
 */
function strings(value) {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}
