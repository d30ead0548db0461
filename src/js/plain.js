// Copies plain JSON data. The copy is the run's own (later changes to the caller's object do not reach it), and it is free of what
// would hurt the core: cycles, depth that overflows its stack, values that are no JSON.

const MAX_DEPTH = 100;
// A value that is referred to twice is copied twice: twenty levels of pairs would be a million copies.
const MAX_VALUES = 1_000_000;
// The core holds a request several times over, eight bodies among them, in four gigabytes that it shares with every other run.
const MAX_LENGTH = 64 << 20;

/** `functions: true` lets a function stand as `true`, so that the core can refuse its field by name. Throws a sentence that names the path. */
export function plain(value, path, { functions = false } = {}, depth = 0, count = { left: MAX_VALUES, length: MAX_LENGTH }) {
  if ((count.left -= 1) < 0) throw `\`${path}\` makes the request too large: more than ${MAX_VALUES} values`;
  if (typeof value === "string" && (count.length -= value.length) < 0) throw `\`${path}\` makes the request too large: more than ${MAX_LENGTH} characters`;
  if (value === undefined || value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw `\`${path || "the request"}\` must be a finite number, got ${value}`;
  }
  if (typeof value === "function" && functions) return true;
  const kind = Object.prototype.toString.call(value);
  if (typeof value !== "object" || (kind !== "[object Object]" && !Array.isArray(value))) {
    throw `\`${path || "the request"}\` must be plain JSON data, got ${typeof value === "object" ? kind.slice(8, -1) : `a ${typeof value}`}`;
  }
  if (depth > MAX_DEPTH) throw `\`${path}\` is nested too deeply, or refers to itself`;
  if (Array.isArray(value)) return value.map((item, i) => plain(item ?? null, `${path}[${i}]`, { functions }, depth + 1, count));
  const copy = {};
  for (const [name, field] of Object.entries(value)) {
    // Defined, not assigned: `__proto__` is a field like any other here.
    if (field !== undefined) {
      Object.defineProperty(copy, name, {
        value: plain(field, path ? `${path}.${name}` : name, { functions }, depth + 1, count),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
  }
  return copy;
}

/** A copy in the form in which it crosses into the core: JavaScript's own writing of numbers and strings costs no byte of it. */
export const json = (copy) => JSON.stringify(copy ?? null);
