// The entry for Vercel's edge runtime, which forbids compilation at run time. Its bundlers turn an
// import with `?module` into a compiled module.

import { createApi } from "../api.js";
import module from "../core_bg.wasm?module";

export { FusionError, isFusionError } from "../errors.js";

export const { estimate, fuse, init } = /*#__PURE__*/ createApi(() => module);
