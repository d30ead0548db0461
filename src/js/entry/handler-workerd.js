// The handler with the core of the Workers entry.

import { createHandlerFactory } from "../handler/index.js";
import { estimate, fuse } from "./workerd.js";

export { createMemoryStore } from "../handler/memory-store.js";

export const createHandler = /*#__PURE__*/ createHandlerFactory({ estimate, fuse });
