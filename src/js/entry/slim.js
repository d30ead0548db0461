// The entry without a core. The caller loads `llm-fuse/core.wasm` and passes it to `init()`.

import { createApi } from "../api.js";

export { FusionError, isFusionError } from "../errors.js";

export const { estimate, fuse, init } = /*#__PURE__*/ createApi(() => {
  throw new Error("llm-fuse/slim has no core of its own: call `init(source)` first");
});
