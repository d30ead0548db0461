// The entry for Cloudflare Workers. Workers forbid compilation at run time, so the import returns
// the compiled module.

import { createApi } from "../api.js";
import module from "../core_bg.wasm";
import { fetchWithManualRedirects } from "../redirects.js";

export { FusionError, isFusionError } from "../errors.js";
export { fromResponse } from "../remote-run.js";

const api = /*#__PURE__*/ createApi(() => module, fetchWithManualRedirects);

/** @type {typeof import("../index.js").fuse} */
export const fuse = (request, options) => api.fuse(request, options);
/** @type {typeof import("../index.js").estimate} */
export const estimate = (request, options) => api.estimate(request, options);
/** @type {typeof import("../index.js").init} */
export const init = (source) => api.init(source);
