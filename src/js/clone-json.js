// Copies plain JSON data. A run keeps its own copy, so later changes to the caller's object do not
// affect the run. A copy has no cycles and a limited depth, and contains only JSON values. The core
// would fail on other data.

const MAX_DEPTH = 100;
// Maximum number of values in a copy. An object that occurs twice is copied twice. With 20 nested
// arrays that each contain the next array twice, a copy would have a million values.
const MAX_VALUES = 1_000_000;
// Maximum number of characters in a copy. The core holds several copies of a request, for example
// one for each panelist. All runs together have 4 GB of memory.
const MAX_CHARS = 64 << 20;

/**
 * Returns a copy of a value. Throws a string that names the path of the first invalid value.
 * @param {any} value
 * @param {string} path
 * @param {{ functions?: boolean }} [options] if `functions` is set, the copy contains `true` in
 *   place of a function, so that the core can name the field in its error
 * @param {number} depth
 * @param {{ values: number, chars: number }} left how many values and characters may still follow
 * @returns {any}
 */
export function cloneJson(
  value,
  path,
  options = {},
  depth = 0,
  left = { values: MAX_VALUES, chars: MAX_CHARS },
) {
  countValue(value, path, left);
  if (value === undefined || value === null) return value;
  if (typeof value === "string" || typeof value === "boolean") return value;
  const name = path || "the request";
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw `\`${name}\` must be a finite number, got ${value}`;
  }
  if (typeof value === "function" && options.functions) return true;
  const kind = Object.prototype.toString.call(value);
  if (typeof value !== "object" || (kind !== "[object Object]" && !Array.isArray(value))) {
    const got = typeof value === "object" ? kind.slice(8, -1) : `a ${typeof value}`;
    throw `\`${name}\` must be plain JSON data, got ${got}`;
  }
  if (depth > MAX_DEPTH) throw `\`${path}\` is nested too deeply, or refers to itself`;
  /** @param {any} item @param {string} itemPath */
  const clone = (item, itemPath) => cloneJson(item, itemPath, options, depth + 1, left);
  if (Array.isArray(value)) return value.map((item, i) => clone(item ?? null, `${path}[${i}]`));
  const copy = {};
  for (const [field, item] of Object.entries(value)) {
    if (item !== undefined) define(copy, field, clone(item, path ? `${path}.${field}` : field));
  }
  return copy;
}

/**
 * Throws if the values or characters exceed the limits.
 * @param {any} value
 * @param {string} path
 * @param {{ values: number, chars: number }} left
 */
function countValue(value, path, left) {
  left.values -= 1;
  if (left.values < 0) {
    throw `\`${path}\` makes the request too large: more than ${MAX_VALUES} values`;
  }
  if (typeof value === "string") left.chars -= value.length;
  if (left.chars < 0) {
    throw `\`${path}\` makes the request too large: more than ${MAX_CHARS} characters`;
  }
}

/**
 * Sets a property of the object itself. For the name `__proto__`, an assignment would change the
 * prototype instead.
 * @param {object} object
 * @param {string} name
 * @param {any} value
 */
export function define(object, name, value) {
  const flags = { enumerable: true, writable: true, configurable: true };
  Object.defineProperty(object, name, { value, ...flags });
}

/**
 * Returns a copy as JSON text for the core.
 * @param {any} copy
 */
export const toJson = (copy) => JSON.stringify(copy ?? null);
