// The default entry. The core is text inside the JavaScript, so there is no second file that a
// bundler, a server or a Content-Security-Policy would have to support.

import { createApi } from "../api.js";
import core from "../core_inline.js";
import { bytesOf } from "../inlined.js";

export { FusionError, isFusionError } from "../errors.js";
export { fromResponse } from "../remote-run.js";

const api = /*#__PURE__*/ createApi(() => WebAssembly.compile(bytesOf(core)));

// Export functions that call `api`. With `export const { fuse } = api`, bundlers would always keep
// `api`. With functions, a bundler removes the core if a page imports only `fromResponse()`.

/** @type {typeof import("../index.js").fuse} */
export const fuse = (request, options) => api.fuse(request, options);
/** @type {typeof import("../index.js").estimate} */
export const estimate = (request, options) => api.estimate(request, options);
/** @type {typeof import("../index.js").init} */
export const init = (source) => api.init(source);
