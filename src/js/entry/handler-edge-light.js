// The handler with the core of Vercel's edge.

import { make } from "../handler/handler.js";
import { fuse } from "./edge-light.js";

export const createHandler = /*#__PURE__*/ make(fuse);
