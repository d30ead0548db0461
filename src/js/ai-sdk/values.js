// Helpers for values that come from other packages and may have any type.

/** @param {unknown} value @returns {value is Record<string, any>} */
export const isObject = (value) => typeof value === "object" && value !== null;

/** @param {unknown} value @returns {Record<string, any>} */
export const objectOf = (value) => (isObject(value) && !Array.isArray(value) ? value : {});

/** @param {unknown} value @returns {any[]} */
export const listOf = (value) => (Array.isArray(value) ? value : []);

/**
 * Returns whether a page may link to a source. A `javascript:` URL would run in the page.
 * @param {{ url: string }} source
 */
export const isWebSource = ({ url }) => /^https?:\/\//i.test(url);

/**
 * Throws `TypeError` for an option that does not exist.
 * @param {object} options
 * @param {string[]} known
 */
export function refuseUnknown(options, known) {
  const name = Object.keys(options).find((name) => !known.includes(name));
  if (name !== undefined) throw new TypeError(`unknown option \`${name}\``);
}

/**
 * Returns a copy without the fields that are `undefined`.
 * @param {Record<string, any>} fields
 * @returns {Record<string, any>}
 */
export const defined = (fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/**
 * Returns a value as JSON data, for `providerMetadata`.
 * @param {unknown} value
 */
export const toJsonData = (value) =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));
