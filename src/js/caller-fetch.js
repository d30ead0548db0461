// Calls a `fetch` function of the caller with the `this` that the function expects.

/**
 * Returns a function that calls the caller's `fetch`. A method of `owner` gets `owner` as `this`.
 * The global `fetch` and native functions get no `this`, because they may throw if `this` is
 * `owner`. A function that replaces the global `fetch` may throw, too.
 * @param {Function} fetch
 * @param {object} owner
 * @returns {import("./transport.js").Fetch}
 */
export function detached(fetch, owner) {
  const source = Function.prototype.toString.call(fetch);
  if (fetch === globalThis.fetch || /\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    return (url, init) => fetch(url, init);
  }
  return (url, init) => fetch.call(owner, url, init);
}
