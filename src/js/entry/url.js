// The core as a file beside the JavaScript, by the literal that Vite, webpack and others understand. For pages: Node's fetch reads no files.

import { make } from "../index.js";

export { FusionError, isFusionError } from "../error.js";

export const { estimate, fuse, init } = /*#__PURE__*/ make(() => new URL("../core_bg.wasm", import.meta.url));
