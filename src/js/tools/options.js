// In: what a tool was made with. Out: the same, checked and completed. An unknown name is refused, never ignored.

/** @param defaults all known options; where the default is a number, a whole number above 0 is wanted, otherwise `kinds` tells what */
export function checked(tool, given, defaults, kinds) {
  if (given === null || typeof given !== "object") throw new TypeError(`${tool}: the options must be an object`);
  const options = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) throw new TypeError(`${tool}: unknown option \`${name}\`; known are ${Object.keys(defaults).join(", ")}`);
    if (value === undefined) continue;
    const { fits, wanted } = kinds[name] ?? WHOLE;
    if (!fits(value)) throw new TypeError(`${tool}: \`${name}\` must be ${wanted}`);
    options[name] = value;
  }
  return options;
}

// What timers take at most.
const WHOLE = { fits: (value) => Number.isInteger(value) && value > 0 && value < 2 ** 31, wanted: "a whole number from 1 to 2147483647" };

export const FUNCTION = { fits: (value) => typeof value === "function", wanted: "a function" };
export const TEXT = { fits: (value) => typeof value === "string" && /^[\t\x20-\x7e]*$/.test(value), wanted: "a string of ASCII signs" };
