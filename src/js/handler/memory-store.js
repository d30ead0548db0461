// A store for `keepRuns` in the memory of this process.

import { suggestion } from "../did-you-mean.js";

/** Maximum number of bytes that a character of a string (a UTF-16 unit) takes in memory. */
const CHAR_BYTES = 2;

/** @type {typeof import("../handler.js").createMemoryStore} */
export function createMemoryStore(options = {}) {
  const { maxEntries = 1_000, maxBytes = 100_000_000, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const rule = suggestion(unknown, ["maxEntries", "maxBytes"]);
    throw new TypeError(`createMemoryStore() knows no option \`${unknown}\`${rule}`);
  }
  for (const [name, value] of Object.entries({ maxEntries, maxBytes })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new TypeError(`\`${name}\` must be an integer above 0`);
    }
  }
  /** The entries, oldest first. @type {Map<string, { value: string, expires: number }>} */
  const entries = new Map();
  let bytes = 0;

  /** @param {string} key */
  const remove = (key) => {
    bytes -= sizeOf(key, entries.get(key)?.value);
    entries.delete(key);
  };

  /** @param {string} key */
  const get = (key) => {
    const entry = entries.get(key);
    if (entry && entry.expires <= Date.now()) remove(key);
    return entries.get(key)?.value;
  };

  return {
    get,
    put(key, value, { expires, previous }) {
      if (previous !== undefined && (get(key) ?? null) !== previous) return false;
      const size = sizeOf(key, value);
      if (size > maxBytes) {
        throw new RangeError(`a run of ${size} bytes is larger than \`maxBytes\` (${maxBytes})`);
      }
      remove(key);
      entries.set(key, { value, expires });
      bytes += size;
      for (const [oldest, { expires: end }] of entries) {
        const isFull = bytes > maxBytes || entries.size > maxEntries;
        if (!isFull && end > Date.now()) break;
        remove(oldest);
      }
      return undefined;
    },
    delete: remove,
  };
}

/** @param {string} key @param {string | undefined} value */
const sizeOf = (key, value) => (value === undefined ? 0 : CHAR_BYTES * (key.length + value.length));
