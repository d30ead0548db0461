// The analyst sees answers under blind labels, shuffled anew in each run. In: an analysis that names models. Out: the reply that this run's
// analyst would give, in labels.

const FENCE = /<response-(\w+) label="([A-Z])">\n([^]*?)\n<\/response-\1>/g;
/** So much of a text tells it from another; a fence may change what looks like a mark further on. */
const BEGINNING = 60;

/** `said`: what each model has said. Whose answer is not among those shown is left out, and so is what one alone would be left to agree with. */
export function analysisReply({ consensus = [], contradictions = [], partial_coverage = [], unique_insights = [], blind_spots = [] }, said, body) {
  const seats = [...strings(body).join("\n").matchAll(FENCE)].map(([, , label, text]) => ({ label, text }));
  const labels = (model) => {
    const beginnings = [...(said.get(model) ?? [])].map((text) => text.trim().slice(0, BEGINNING));
    return seats.filter(({ text }) => beginnings.some((beginning) => beginning && text.includes(beginning))).map(({ label }) => label);
  };
  const all = (models) => [...new Set(models.flatMap(labels))];
  const each = (entries) => entries.flatMap(({ model, ...entry }) => labels(model).map((response) => ({ response, ...entry })));
  const shared = (points) =>
    points.flatMap(({ point, models, quotes = [] }) => {
      const responses = all(models);
      return responses.length >= Math.min(2, models.length) ? [{ point, responses, quotes: each(quotes) }] : [];
    });
  return JSON.stringify({
    consensus: shared(consensus),
    contradictions: contradictions.map(({ topic, stances }) => ({ topic, stances: each(stances) })).filter(({ stances }) => stances.length > 1),
    partial_coverage: shared(partial_coverage),
    unique_insights: unique_insights.flatMap((insight) => each([insight]).slice(0, 1)),
    blind_spots: blind_spots.map((spot) => (typeof spot === "string" ? { point: spot } : spot)),
  });
}

/** Every text in a request, whatever the dialect. */
function strings(value) {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}
