// llm-fuse/ai-sdk with the core of the Workers entry.

import { createFusion } from "../ai-sdk/model.js";
import { fuse } from "./workerd.js";

export { fromAiSdk } from "../ai-sdk/provider.js";
export { toUIMessageStream } from "../ai-sdk/ui-stream.js";

export const fusion = /*#__PURE__*/ createFusion(fuse);
