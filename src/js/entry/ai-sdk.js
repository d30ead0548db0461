// `llm-fuse/ai-sdk` for all other runtimes. Uses the core that ./inline.js contains.

import { createFusion } from "../ai-sdk/model.js";
import { fuse } from "./inline.js";

export { fromAiSdk } from "../ai-sdk/provider.js";
export { toUIMessageStream } from "../ai-sdk/ui-stream.js";

export const fusion = /*#__PURE__*/ createFusion(fuse);
