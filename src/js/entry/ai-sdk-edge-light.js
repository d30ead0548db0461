// `llm-fuse/ai-sdk` for Vercel's edge runtime. Uses the core that ./edge-light.js loads.

import { createFusion } from "../ai-sdk/model.js";
import { fuse } from "./edge-light.js";

export { fromAiSdk } from "../ai-sdk/provider.js";
export { toUIMessageStream } from "../ai-sdk/ui-stream.js";

export const fusion = /*#__PURE__*/ createFusion(fuse);
