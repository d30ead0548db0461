// The default entry. The core is text inside the JavaScript, so a bundler, server or
// Content-Security-Policy need not support a second file.

import { createApi } from "../api.js";
import core from "../core_inline.js";
import { bytesOf } from "../inlined.js";

export { FusionError, isFusionError } from "../errors.js";
export { fromResponse } from "../remote-run.js";

const api = /*#__PURE__*/ createApi(() => WebAssembly.compile(bytesOf(core)));

// These exports are functions, because bundlers cannot drop a destructured `api`. As functions,
// they let bundlers drop the core from a page that uses only `fromResponse()`.

/** @type {typeof import("../index.js").fuse} */
export const fuse = (request, options) => api.fuse(request, options);
/** @type {typeof import("../index.js").estimate} */
export const estimate = (request, options) => api.estimate(request, options);
/** @type {typeof import("../index.js").init} */
export const init = (source) => api.init(source);
