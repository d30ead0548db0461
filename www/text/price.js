// An estimate in words.
import { dollars, plural, roughly } from "./format.js";

/** @param known the estimate; where models have no price, of the others alone
 *  @param unknown those models
 *  @param budget in USD, or null
 *  @returns `{ words, short }`; short: the budget will not do */
export function priceSentence({ low, expected, high }, unknown, budget) {
  if (unknown.length > 0) {
    const why = `the price of ${names(unknown)} is not known`;
    if (budget) return { words: `Your limit needs a price for every model, and ${why}.`, short: true };
    return { words: high > 0 ? `Estimate: at least ${roughly(low)}; ${why}.` : `No estimate: ${why}.` };
  }
  if (high === 0) return { words: "Estimate: free." };
  const about = `Estimate: about ${roughly(expected)}`;
  if (!budget || budget >= high) return { words: `${about}, from ${roughly(low)} to ${roughly(high)}.` };
  const limit = `your limit of ${dollars(budget)}`;
  if (budget >= expected) return { words: `${about}, from ${roughly(low)} up to ${limit}.` };
  if (budget >= low) return { words: `${about}. The run may stop early, at ${limit}.` };
  return { words: `Budget too low: at least ${roughly(low)} needed, more than ${limit}.`, short: true };
}

function names(models) {
  const shown = models.slice(0, 2);
  const rest = models.length - shown.length;
  return shown.join(rest > 0 ? ", " : " and ") + (rest > 0 ? ` and ${plural(rest, "other model")}` : "");
}
