// The handler with the core of the entry for the edge runtime.

import { createHandlerFactory } from "../handler/index.js";
import { fuse } from "./edge-light.js";

export const createHandler = /*#__PURE__*/ createHandlerFactory(fuse);
