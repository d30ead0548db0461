// Calls a caller's `fetch` with the `this` that it needs.

/**
 * Returns a `fetch` of the caller as a function that needs no `this`. A method of `owner` gets
 * `owner`. A native function such as `window.fetch` refuses every `this` but its own, and so may a
 * wrapper that replaces the global `fetch`.
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
