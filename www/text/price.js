// An estimate in words.
import { dollars, plural, roughly } from "./format.js";

/** @param known the estimate; where models have no price, of the others alone
 *  @param unknown those models
 *  @param budget in USD, or null
 *  @returns `{ words, short }`; short: the budget will not do */
export function priceSentence({ low, expected, high }, unknown, budget) {
  if (unknown.length > 0) {
    const why = `the price of ${names(unknown)} is not known`;
    if (budget) return { words: `A limit needs a price for every model, and ${why}.`, short: true };
    return { words: high > 0 ? `Will cost at least ${roughly(low)}; ${why}.` : `What it will cost cannot be said: ${why}.` };
  }
  if (high === 0) return { words: "Costs nothing, by the price list." };
  const range = `Will cost about ${roughly(expected)}`;
  if (!budget || budget >= high) return { words: `${range}, from ${roughly(low)} to ${roughly(high)}.` };
  const limit = `your limit of ${dollars(budget)}`;
  if (budget < low) return { words: `Even short replies would cost ${roughly(low)}, more than ${limit}: the run would stop in the middle.`, short: true };
  if (budget < expected) return { words: `${range}; it may stop early, at ${limit}.` };
  return { words: `${range}, from ${roughly(low)} up to ${limit}.` };
}

function names(models) {
  const shown = models.slice(0, 2);
  const rest = models.length - shown.length;
  return shown.join(rest > 0 ? ", " : " and ") + (rest > 0 ? ` and ${plural(rest, "other model")}` : "");
}
