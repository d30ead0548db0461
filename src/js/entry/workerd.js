// Cloudflare Workers forbid compiling at run time: there the import itself is the compiled module.

import module from "../core_bg.wasm";
import { make } from "../index.js";
import { fetchByHand } from "../redirects.js";

export { FusionError, isFusionError } from "../error.js";
export { fromResponse } from "../remote.js";

const api = /*#__PURE__*/ make(() => module, fetchByHand);

export const fuse = (request, options) => api.fuse(request, options);
export const estimate = (request, options) => api.estimate(request, options);
export const init = (source) => api.init(source);
