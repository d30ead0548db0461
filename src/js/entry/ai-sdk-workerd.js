// `llm-fuse/ai-sdk` for Cloudflare Workers. Uses the core that ./workerd.js loads.

import { createFusion } from "../ai-sdk/model.js";
import { fuse } from "./workerd.js";

export { fromAiSdk } from "../ai-sdk/provider.js";
export { toUIMessageStream } from "../ai-sdk/ui-stream.js";

export const fusion = /*#__PURE__*/ createFusion(fuse);
