const count = new Intl.NumberFormat("en");

/** A price is never rounded to nothing and an unknown one never shown as zero. */
export function money(usd) {
  if (usd === null || usd === undefined) return "unknown";
  if (usd === 0) return "$0";
  return usd < 0.01 ? `$${usd.toPrecision(2).replace(/(\.\d*?)0+$/, "$1")}` : `$${usd.toFixed(usd < 1 ? 3 : 2).replace(/(\.\d\d)0$/, "$1")}`;
}

const exact = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 6 });

/** An amount that somebody named, as they named it. */
export const dollars = (usd) => exact.format(usd);

/** A guess, in no more digits than it deserves. */
export function roughly(usd) {
  if (usd < 0.0001) return "less than $0.0001";
  const digits = Number(usd.toPrecision(2));
  return digits < 1 ? `$${digits}` : `$${digits.toFixed(digits < 10 ? 2 : 0)}`;
}

export function cost(usage) {
  if (usage.cost !== null && usage.cost !== undefined) return money(usage.cost);
  return usage.cost_so_far > 0 ? `at least ${money(usage.cost_so_far)}` : "cost unknown";
}

export function tokens({ prompt_tokens, completion_tokens }) {
  const all = (prompt_tokens ?? 0) + (completion_tokens ?? 0);
  return all > 0 ? `${count.format(all)} tokens` : "tokens unknown";
}

export function seconds(ms) {
  if (ms < 10_000) return `${(Math.max(ms, 0) / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** `"anthropic/claude-opus"` as what it is called and who makes it. */
export function modelName(model) {
  const at = model.lastIndexOf("/");
  return { name: model.slice(at + 1), maker: at > 0 ? model.slice(0, at).replace(/^~/, "") : "" };
}

export function plural(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

/** Heading of each kind of finding. */
export const KIND_TITLES = {
  consensus: "Agreed",
  contradictions: "Disagreed",
  partial_coverage: "Partly covered",
  unique_insights: "Only one model",
  blind_spots: "Missed by all",
};

/** The label that the analyst knew an answer by. */
export const letter = (nth) => String.fromCharCode(65 + nth);
