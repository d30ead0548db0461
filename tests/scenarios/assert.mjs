// Assertions that use only web standards, because scenarios run in Node, in a page and in a Worker.

export function ok(value, message) {
  if (!value) throw new Error(message ?? `expected something true, got ${show(value)}`);
}

/** Compares JSON data by value. Ignores the order of keys, and keys whose value is `undefined`. */
export function equal(actual, expected, message = "values differ") {
  if (canonical(actual) !== canonical(expected))
    throw new Error(`${message}\n  actual:   ${show(actual)}\n  expected: ${show(expected)}`);
}

/** Compares by `Object.is`. */
export function same(actual, expected, message = "not the same value") {
  if (!Object.is(actual, expected))
    throw new Error(`${message}\n  actual:   ${show(actual)}\n  expected: ${show(expected)}`);
}

export function oneOf(actual, choices, message = "not an allowed value") {
  if (!choices.includes(actual))
    throw new Error(`${message}\n  actual:  ${show(actual)}\n  allowed: ${show(choices)}`);
}

export function includes(text, part, message = "text lacks a part") {
  if (typeof text !== "string" || !text.includes(part))
    throw new Error(`${message}\n  text: ${show(text)}\n  part: ${show(part)}`);
}

export function lacks(text, part, message = "text has a part it must not have") {
  if (typeof text !== "string" || text.includes(part))
    throw new Error(`${message}\n  text: ${show(text)}\n  part: ${show(part)}`);
}

export function throws(act, Class) {
  let result;
  try {
    result = act();
  } catch (error) {
    ok(error instanceof Class, `expected a ${Class.name}, got ${show(error)}`);
    return error;
  }
  throw new Error(`expected a ${Class.name}, but it returned ${show(result)}`);
}

/** Returns the reason that a promise rejects with. Throws if it resolves. */
export async function failure(promise) {
  let result;
  try {
    result = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, but it resolved to ${show(result)}`);
}

/** Waits for a promise. Throws if it takes longer than `ms`. */
export async function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

export function canonical(value) {
  return JSON.stringify(value, (_, held) =>
    held && typeof held === "object" && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  );
}

function show(value) {
  if (value instanceof Error)
    return `${value.name}: ${value.message}${value.code ? ` (code ${value.code})` : ""}`;
  const text =
    typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 1500 ? `${text.slice(0, 1500)}… (${text.length} characters)` : text;
}
