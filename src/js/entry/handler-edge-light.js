// `llm-fuse/handler` for Vercel's edge runtime. Uses the core that ./edge-light.js loads.

import { createHandlerFactory } from "../handler/index.js";
import { estimate, fuse } from "./edge-light.js";

export { createMemoryStore } from "../handler/memory-store.js";

export const createHandler = /*#__PURE__*/ createHandlerFactory({ estimate, fuse });
