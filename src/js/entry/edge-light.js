// The entry for Vercel's edge runtime. This runtime forbids compilation at run time. Bundlers for
// it turn an import with `?module` into a compiled module.

import { createApi } from "../api.js";
import module from "../core_bg.wasm?module";

export { FusionError, isFusionError } from "../errors.js";

export const { estimate, fuse, init } = /*#__PURE__*/ createApi(() => module);
