// The default entry: the core comes inside the JavaScript, so that no bundler, server or policy has to know of a second file.

import core from "../core_inline.js";
import { make } from "../index.js";
import { bytesOf } from "../inlined.js";

export { FusionError, isFusionError } from "../error.js";
export { fromResponse } from "../remote.js";

const api = /*#__PURE__*/ make(() => WebAssembly.compile(bytesOf(core)));

// Functions, not a pattern: bundlers keep what a pattern takes apart, and with it the core, even for a page that only reads a stream.
export const fuse = (request, options) => api.fuse(request, options);
export const estimate = (request, options) => api.estimate(request, options);
export const init = (source) => api.init(source);
