// The entry with the core as a file of its own, for pages. Vite, webpack and others recognise the
// URL literal. Node's `fetch` cannot read a `file:` URL.

import { createApi } from "../api.js";

export { FusionError, isFusionError } from "../errors.js";

export const { estimate, fuse, init } = /*#__PURE__*/ createApi(
  () => new URL("../core_bg.wasm", import.meta.url),
);
