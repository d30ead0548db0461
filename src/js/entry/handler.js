// The handler with the core of the default entry.

import { createHandlerFactory } from "../handler/index.js";
import { fuse } from "./inline.js";

export const createHandler = /*#__PURE__*/ createHandlerFactory(fuse);
