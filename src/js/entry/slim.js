// Without a core: the caller brings it, from wherever it likes to keep `llm-fuse/core.wasm`.

import { make } from "../index.js";

export { FusionError, isFusionError } from "../error.js";

export const { estimate, fuse, init } = /*#__PURE__*/ make(() => {
  throw new Error("llm-fuse/slim has no core of its own: call `init(source)` first");
});
