// The handler with the core of the entry for the edge runtime.

import { createHandlerFactory } from "../handler/index.js";
import { estimate, fuse } from "./edge-light.js";

export { createMemoryStore } from "../handler/memory-store.js";

export const createHandler = /*#__PURE__*/ createHandlerFactory({ estimate, fuse });
