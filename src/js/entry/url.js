// The entry with the core as a separate file, for pages. Vite, webpack and others recognise the URL
// literal. This entry does not work in Node, whose `fetch` cannot read a `file:` URL.

import { createApi } from "../api.js";

export { FusionError, isFusionError } from "../errors.js";

export const { estimate, fuse, init } = /*#__PURE__*/ createApi(
  () => new URL("../core_bg.wasm", import.meta.url),
);
