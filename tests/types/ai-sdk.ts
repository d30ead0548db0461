// Type tests of llm-fuse/ai-sdk without the AI SDK. This file is compiled, but never run.
import { fuse } from "llm-fuse";
import {
  type AiSdkModel,
  type FusionUIChunk,
  fromAiSdk,
  fusion,
  type PanelistData,
  toUIMessageStream,
} from "llm-fuse/ai-sdk";

export const model = fusion(
  { analysis_models: ["a/one"], quorum: { min_responses: 1 } },
  { apiKey: async () => "key", modelId: "mine", toolHandlers: { look: () => "x" } },
);
export const version: "v3" = model.specificationVersion;

declare const byHand: AiSdkModel;
export const run = fuse(
  { prompt: "?", analysis_models: ["mine:m"] },
  { providers: { mine: fromAiSdk((name) => ({ ...byHand, modelId: name })) } },
);
export const stream: ReadableStream<FusionUIChunk> = toUIMessageStream(run, {
  messageId: "1",
  throttleMs: 100,
  onError: ({ code, message }) => `${code} ${message}`,
});
export const panelist = (chunk: FusionUIChunk): PanelistData | undefined =>
  chunk.type === "data-panelist" ? chunk.data : undefined;
// @ts-expect-error an unknown option
toUIMessageStream(run, { throttle: 100 });
