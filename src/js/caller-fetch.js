// Calls a caller's `fetch` with the right `this`.

/**
 * Returns a function that calls the caller's `fetch` with the right `this`. A method of `owner` is
 * called on `owner`. The global `fetch` and native functions are called without `this`, because
 * they may refuse `owner`. A wrapper that replaces the global `fetch` may refuse `owner`, too.
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
