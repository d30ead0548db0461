// Formats numbers and names as text.

const integer = new Intl.NumberFormat("en");

/** Formats a price. Never rounds it to 0, and never shows an unknown price as 0. */
export function money(usd) {
  if (usd === null || usd === undefined) return "unknown";
  if (usd === 0) return "$0";
  if (usd < 0.01) return `$${usd.toPrecision(2).replace(/(\.\d*?)0+$/, "$1")}`;
  return `$${usd.toFixed(usd < 1 ? 3 : 2).replace(/(\.\d\d)0$/, "$1")}`;
}

const exact = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "USD",
  maximumFractionDigits: 6,
});

/** Formats an amount that a person entered, without rounding it. */
export const dollars = (usd) => exact.format(usd);

/** Formats an estimate with two digits. */
export function roughly(usd) {
  if (usd < 0.0001) return "less than $0.0001";
  const rounded = Number(usd.toPrecision(2));
  return rounded < 1 ? `$${rounded}` : `$${rounded.toFixed(rounded < 10 ? 2 : 0)}`;
}

export function cost(usage) {
  if (usage.cost !== null && usage.cost !== undefined) return money(usage.cost);
  return usage.cost_so_far > 0 ? `at least ${money(usage.cost_so_far)}` : "cost unknown";
}

/**
 * Returns the cost of a run with this setup. The sample panel makes no call, so its runs cost
 * nothing.
 */
export const costOf = (usage, { isSample }) => (isSample ? money(0) : cost(usage));

export function tokens({ prompt_tokens, completion_tokens }) {
  const total = (prompt_tokens ?? 0) + (completion_tokens ?? 0);
  return total > 0 ? `${integer.format(total)} tokens` : "tokens unknown";
}

export function seconds(ms) {
  if (ms < 10_000) return `${(Math.max(ms, 0) / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * Splits "anthropic/claude-opus" into `{ name, maker }`. The panelists of the browser's own model
 * have names such as "browser:careful".
 */
export function modelName(model) {
  const [, seat] = /^browser:(\w+)$/.exec(model) ?? [];
  if (seat) return { name: seat, maker: "this browser" };
  const at = model.lastIndexOf("/");
  const maker = at > 0 ? model.slice(0, at).replace(/^~/, "") : "";
  return { name: model.slice(at + 1), maker };
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

/** Returns the letter that the analyst sees instead of a panelist's name. Position 0 is A. */
export const letter = (nth) => String.fromCharCode(65 + nth);
