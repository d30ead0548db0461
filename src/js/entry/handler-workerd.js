// The handler with the Workers entry's core.

import { make } from "../handler/handler.js";
import { fuse } from "./workerd.js";

export const createHandler = /*#__PURE__*/ make(fuse);
