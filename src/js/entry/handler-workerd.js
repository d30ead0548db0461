// `llm-fuse/handler` for Cloudflare Workers. Uses the core that ./workerd.js loads.

import { createHandlerFactory } from "../handler/index.js";
import { estimate, fuse } from "./workerd.js";

export { createMemoryStore } from "../handler/memory-store.js";

export const createHandler = /*#__PURE__*/ createHandlerFactory({ estimate, fuse });
