// Type tests of llm-fuse/ai-sdk with `ai` 6 and 7 and with official providers. This
// file is compiled, but never run.
import { bedrock } from "@ai-sdk/amazon-bedrock";
import { anthropic } from "@ai-sdk/anthropic";
import { google } from "@ai-sdk/google";
import { groq } from "@ai-sdk/groq";
import { openai } from "@ai-sdk/openai";
import {
  type ChatTransport,
  createUIMessageStream,
  createUIMessageStreamResponse,
  customProvider,
  extractReasoningMiddleware,
  generateText,
  type InferUIMessageChunk,
  type LanguageModel,
  streamText,
  type UIMessage,
  wrapLanguageModel,
} from "ai";
import { fuse } from "llm-fuse";
import {
  type FusionProviderMetadata,
  type FusionUIData,
  type FusionUIMetadata,
  fromAiSdk,
  fusion,
  toUIMessageStream,
} from "llm-fuse/ai-sdk";

export const model: LanguageModel = fusion(
  { preset: "general-fast", max_cost: 1 },
  { apiKey: "key", panelProgress: true, supportedUrls: { "image/*": [/^https:/] } },
);
export const text = () => generateText({ model, prompt: "?" });
export const cost = async () => {
  const { providerMetadata } = await text();
  const metadata = providerMetadata?.["llm-fuse"] as FusionProviderMetadata | undefined;
  const total: number | null | undefined = metadata?.cost;
  return [total, metadata?.responses[0]?.content, metadata?.warnings[0]?.code];
};
export const stream = () => streamText({ model: fusion(), prompt: "?" });
export const wrapped = wrapLanguageModel({
  model: fusion(),
  middleware: extractReasoningMiddleware({ tagName: "think" }),
});
// @ts-expect-error the prompt belongs to a call of the model
fusion({ prompt: "?" });
// @ts-expect-error the signal belongs to a call of the model
fusion({}, { signal: new AbortController().signal });

export const providers = {
  openai: fromAiSdk(openai),
  chat: fromAiSdk(openai.chat),
  anthropic: fromAiSdk(anthropic),
  google: fromAiSdk(google),
  groq: fromAiSdk(groq, { models: { fast: groq("llama-3.1-8b-instant") } }),
  bedrock: fromAiSdk(bedrock),
  custom: fromAiSdk(customProvider({ languageModels: { a: groq("a") } })),
  one: fromAiSdk(groq("a")),
};
// @ts-expect-error a name is not a provider
fromAiSdk("groq");

export const run = fuse({ prompt: "?", analysis_models: ["groq:fast"] }, { providers });

export type FusionMessage = UIMessage<FusionUIMetadata, FusionUIData>;
export const response = () => createUIMessageStreamResponse({ stream: toUIMessageStream(run) });
export const merged = createUIMessageStream<FusionMessage>({
  execute({ writer }) {
    writer.merge(toUIMessageStream(run));
  },
});
export const chunks: ReadableStream<InferUIMessageChunk<FusionMessage>> = toUIMessageStream(run);
export const transport: ChatTransport<FusionMessage> = {
  sendMessages: async ({ abortSignal: signal }) =>
    toUIMessageStream(fuse("?", { apiKey: "key", ...(signal && { signal }) })),
  reconnectToStream: async () => null,
};
export function shown({ parts, metadata }: FusionMessage): string[] {
  const cost: number | null | undefined = metadata?.cost;
  return parts.map((part) => {
    if (part.type === "data-panelist") return `${part.data.model} ${part.data.content} ${cost}`;
    if (part.type === "data-analysis") return part.data.items.map(({ kind }) => kind).join();
    // @ts-expect-error no part has this type
    if (part.type === "data-panel") return "";
    return part.type === "text" ? part.text : "";
  });
}
