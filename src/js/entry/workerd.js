// Cloudflare Workers forbid compiling at run time: there the import itself is the compiled module.

import module from "../core_bg.wasm";
import { make } from "../index.js";
import { fetchByHand } from "../redirects.js";

export { FusionError, isFusionError } from "../error.js";

export const { estimate, fuse, init } = /*#__PURE__*/ make(() => module, fetchByHand);
