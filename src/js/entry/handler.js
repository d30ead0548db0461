// `llm-fuse/handler` for all other runtimes. Uses the core that ./inline.js contains.

import { createHandlerFactory } from "../handler/index.js";
import { estimate, fuse } from "./inline.js";

export { createMemoryStore } from "../handler/memory-store.js";

export const createHandler = /*#__PURE__*/ createHandlerFactory({ estimate, fuse });
