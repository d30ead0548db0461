// Checks and helpers for values of a request body.

import { invalidField } from "./api-error.js";

/** @param {unknown} value @returns {value is Record<string, any>} */
export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Returns the value if it is a string. Throws if it is another JSON value.
 * @param {string} path
 * @param {unknown} value
 */
export function requireString(path, value) {
  if (typeof value !== "string") throw invalidField(path, "must be a string");
  return value;
}

/**
 * Maximum number of items in a list of a request. Real clients send fewer messages, and fewer parts
 * in a message.
 */
const MAX_ITEMS = 10_000;

/**
 * Throws if an array has too many items. In memory, an item needs far more bytes than in the body
 * of the request.
 * @param {string} path
 * @param {any[]} items
 */
export function checkCount(path, items) {
  if (items.length <= MAX_ITEMS) return;
  throw invalidField(path, `has ${items.length} items; the limit is ${MAX_ITEMS}`);
}

/**
 * Returns an array of objects. `null` and `undefined` are an empty array.
 * @param {string} path
 * @param {unknown} value
 * @returns {any[]}
 */
export function requireObjects(path, value) {
  if (value == null) return [];
  if (!Array.isArray(value)) throw invalidField(path, "must be an array");
  checkCount(path, value);
  const wrong = value.findIndex((item) => !isObject(item));
  if (wrong >= 0) throw invalidField(`${path}[${wrong}]`, "must be an object");
  return value;
}

/**
 * Returns the fields that are neither `null` nor `undefined`.
 * @param {Record<string, any>} fields
 * @returns {any}
 */
export const omitNullish = (fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));

/**
 * Returns the fields except those in `names`.
 * @param {Record<string, any>} object
 * @param {string[]} names
 * @returns {any}
 */
export const omit = (object, names) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

/**
 * Returns OpenRouter's `reasoning` as the core's field `reasoning`. Leaves out the fields that only
 * say whether to show the reasoning.
 * @param {any} reasoning
 * @param {unknown} [effort] used if `reasoning` has no `effort`
 */
export function readReasoning(reasoning, effort) {
  const { enabled, max_tokens } = reasoning ?? {};
  const fallback = effort ?? (enabled === false ? "none" : undefined);
  return nonEmpty(omitNullish({ effort: reasoning?.effort ?? fallback, max_tokens }));
}

/** @param {object} object */
export const nonEmpty = (object) => (Object.keys(object).length > 0 ? object : undefined);
