// Vercel's edge runtime forbids compiling at run time, as Workers do; its bundlers make a compiled module of what `?module` asks for.

import module from "../core_bg.wasm?module";
import { make } from "../index.js";

export { FusionError, isFusionError } from "../error.js";

export const { estimate, fuse, init } = /*#__PURE__*/ make(() => module);
