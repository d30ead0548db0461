// Checks the options of a tool and adds defaults. Refuses unknown names.

import { detached } from "../caller-fetch.js";
import { suggestion } from "../did-you-mean.js";

/** @typedef {{ isValid: (value: any) => boolean, expected: string }} Rule */

/**
 * @param {string} tool
 * @param {any} given
 * @param {Record<string, any>} defaults has all known options. The value of an option without a
 *   rule must be an integer above 0.
 * @param {Record<string, Rule>} rules
 * @returns {any}
 */
export function validateOptions(tool, given, defaults, rules) {
  if (given === null || typeof given !== "object") {
    throw new TypeError(`${tool}: the options must be an object`);
  }
  const options = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      const known = Object.keys(defaults);
      throw new TypeError(`${tool}: unknown option \`${name}\`${suggestion(name, known)}`);
    }
    if (value === undefined) continue;
    const { isValid, expected } = rules[name] ?? WHOLE_NUMBER;
    if (!isValid(value)) throw new TypeError(`${tool}: \`${name}\` must be ${expected}`);
    options[name] = name === "fetch" ? detached(value, given) : value;
  }
  return options;
}

/**
 * The rule of an option without its own rule. Its upper limit is the longest delay of a timer.
 * @type {Rule}
 */
const WHOLE_NUMBER = {
  isValid: (value) => Number.isInteger(value) && value > 0 && value < 2 ** 31,
  expected: "a whole number from 1 to 2147483647",
};

/** @type {Rule} */
export const FUNCTION = {
  isValid: (value) => typeof value === "function",
  expected: "a function",
};
/** @type {Rule} */
export const TEXT = {
  isValid: (value) => typeof value === "string" && /^[\t\x20-\x7e]*$/.test(value),
  expected: "a string of ASCII signs",
};
