// The default entry. The core is text inside the JavaScript, so a bundler, server or
// Content-Security-Policy need not support a second file.

import { createApi } from "../api.js";
import core from "../core_inline.js";
import { bytesOf } from "../inlined.js";

export { FusionError, isFusionError } from "../errors.js";
export { fromResponse } from "../remote-run.js";

const api = /*#__PURE__*/ createApi(() => WebAssembly.compile(bytesOf(core)));

// Export functions that call `api`, and do not destructure `api`. Bundlers cannot drop a
// destructured object. If a page imports only `fromResponse()`, a bundler drops these functions and
// the core.

/** @type {typeof import("../index.js").fuse} */
export const fuse = (request, options) => api.fuse(request, options);
/** @type {typeof import("../index.js").estimate} */
export const estimate = (request, options) => api.estimate(request, options);
/** @type {typeof import("../index.js").init} */
export const init = (source) => api.init(source);
