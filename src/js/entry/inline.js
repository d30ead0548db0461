// The default entry. The core is text inside the JavaScript, so no bundler, server or content
// security policy has to allow a second file.

import { createApi } from "../api.js";
import core from "../core_inline.js";
import { bytesOf } from "../inlined.js";

export { FusionError, isFusionError } from "../errors.js";
export { fromResponse } from "../remote-run.js";

const api = /*#__PURE__*/ createApi(() => WebAssembly.compile(bytesOf(core)));

// Bundlers keep the values of a destructuring pattern. With functions they can drop the core from
// a page that uses `fromResponse()` only.

/** @type {typeof import("../index.js").fuse} */
export const fuse = (request, options) => api.fuse(request, options);
/** @type {typeof import("../index.js").estimate} */
export const estimate = (request, options) => api.estimate(request, options);
/** @type {typeof import("../index.js").init} */
export const init = (source) => api.init(source);
