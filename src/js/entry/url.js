// The entry with the core as a separate file, for pages. Vite, webpack and other bundlers recognise
// the expression `new URL("…", import.meta.url)` and copy the file. This entry does not work in
// Node, whose `fetch` cannot read a `file:` URL.

import { createApi } from "../api.js";

export { FusionError, isFusionError } from "../errors.js";

export const { estimate, fuse, init } = /*#__PURE__*/ createApi(async () => {
  const url = inPackage(new URL("../core_bg.wasm", import.meta.url));
  const response = await fetch(url);
  if (/^text\/html\b/i.test(response.headers.get("content-type") ?? "")) {
    throw new Error(
      `${url} is a page, not the core. Vite's dev server needs \`optimizeDeps: { exclude: ` +
        '["llm-fuse"] }`; other servers have to serve the file',
    );
  }
  return response;
});

/**
 * Returns the URL of the core in the installed package. The dev server of Vite 5 to 7 copies this
 * module into the folder `node_modules/.vite/deps`, but does not copy the core.
 * @param {URL} url
 */
function inPackage(url) {
  const cache = /\/node_modules\/\.(?:cache\/)?vite\/(?:[^/]+\/)*core_bg\.wasm$/;
  const path = url.pathname.replace(cache, "/node_modules/llm-fuse/dist/core_bg.wasm");
  return path === url.pathname ? url : new URL(path, url);
}
