// The handler with the default entry's core.

import { make } from "../handler/handler.js";
import { fuse } from "./inline.js";

export const createHandler = /*#__PURE__*/ make(fuse);
