// The handler with the core of the Workers entry.

import { createHandlerFactory } from "../handler/index.js";
import { fuse } from "./workerd.js";

export const createHandler = /*#__PURE__*/ createHandlerFactory(fuse);
