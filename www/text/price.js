// Formats an estimate as a sentence.
import { dollars, plural, roughly } from "./format.js";

/**
 * @param estimate `{ low, expected, high }` in USD, for the models whose price is known
 * @param unknown the models whose price is not known
 * @param budget the limit in USD, or null
 * @returns `{ text, isTooLow }`. If `isTooLow` is true, the budget is too low for the question
 */
export function priceSentence({ low, expected, high, branches }, unknown, budget) {
  if (unknown.length > 0) {
    const why = `the price of ${names(unknown)} is not known`;
    if (budget) {
      return { text: `Your limit needs a price for every model, and ${why}.`, isTooLow: true };
    }
    const text = high > 0 ? `Estimate: at least ${roughly(low)}; ${why}.` : `No estimate: ${why}.`;
    return { text };
  }
  if (high === 0) return { text: "Estimate: free." };
  const about = `Estimate: about ${roughly(expected)}`;
  if (!budget || budget >= high) {
    const agreed = branches && ` If the panel agrees: ${roughly(branches.settled.expected)}.`;
    return { text: `${about}, from ${roughly(low)} to ${roughly(high)}.${agreed ?? ""}` };
  }
  const limit = `your limit of ${dollars(budget)}`;
  if (budget >= expected) return { text: `${about}, from ${roughly(low)} up to ${limit}.` };
  if (budget >= low) return { text: `${about}. The run may stop early, at ${limit}.` };
  const text = `Budget too low: at least ${roughly(low)} needed, more than ${limit}.`;
  return { text, isTooLow: true };
}

function names(models) {
  const shown = models.slice(0, 2);
  const rest = models.length - shown.length;
  if (rest === 0) return shown.join(" and ");
  return `${shown.join(", ")} and ${plural(rest, "other model")}`;
}
