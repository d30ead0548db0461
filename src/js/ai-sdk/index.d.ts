/**
 * llm-fuse/ai-sdk: a fusion as a language model of Vercel's AI SDK (`ai` 6 and 7), any AI SDK
 * provider on the panel, and a run as a UI message stream.
 */

import type { FusionOptions, ProviderOptions } from "../fusion-options.js";
import type {
  AnalysisItem,
  CallUsage,
  ErrorData,
  FusionEvent,
  PanelMember,
  Source,
  ToolActivity,
  Usage,
} from "../output.js";
import type { FusionRequestFields } from "../request.js";

/* -------------------------------------------------------------------- model */

/**
 * Returns a language model for `generateText`, `streamText`, agents and `useChat`. Each call of it
 * is a run; a prompt that ends with tools' results is answered by the writer alone.
 *
 * `request` has the panel, the analyst, the writer and the limits. The options of a call describe
 * the answer and apply to the writer. `providerOptions["llm-fuse"]` overrides fields of `request`
 * for one call.
 *
 * Throws `TypeError` if `request` has a conversation, or `options` a `signal`.
 */
export function fusion(
  request?: FusionRequestFields,
  options?: FusionModelOptions,
): FusionLanguageModel;

/** The options of `fuse()` without `signal`, and those of the model. */
export interface FusionModelOptions extends Omit<FusionOptions, "signal"> {
  /** The model's name in results and logs. Default: the preset's name, or `"fusion"`. */
  modelId?: string | undefined;
  /**
   * Reports the progress of the panel and of the analyst as reasoning parts, before the answer.
   * Default `false`.
   */
  panelProgress?: boolean | undefined;
  /**
   * Patterns of URLs that all providers of the run open themselves, by media type, such as
   * `{ "image/*": [/^https:/] }`. The AI SDK downloads files at other URLs. Default: none.
   */
  supportedUrls?: Record<string, RegExp[]> | undefined;
}

/** A language model in the AI SDK's specification version 3, which `ai` 6 and 7 take. */
export interface FusionLanguageModel {
  /** The version of the AI SDK's interface. */
  readonly specificationVersion: "v3";
  /** `"llm-fuse"`, also the key of its `providerMetadata` and `providerOptions`. */
  readonly provider: string;
  /** `options.modelId`. */
  readonly modelId: string;
  /** `options.supportedUrls`. */
  readonly supportedUrls: Record<string, RegExp[]>;
  /** Called by the AI SDK. */
  doGenerate(options: any): Promise<any>;
  /** Called by the AI SDK. Resolves when a provider has begun to answer. */
  doStream(options: any): Promise<any>;
}

/* ----------------------------------------------------------------- provider */

/**
 * Returns an AI SDK provider as a provider of `options.providers`. With the name `groq`, the
 * panel's `"groq:llama-3.3-70b"` is its model `llama-3.3-70b`. It downloads nothing.
 *
 * Throws `TypeError` if `provider` is none of the types, and for an unknown option.
 *
 * @param provider a provider, a function from names to models, or one model for all names
 * @param options.models models with settings of their own, by name
 */
export function fromAiSdk(
  provider: AiSdkProvider | ((name: string) => AiSdkModel) | AiSdkModel,
  options?: { models?: Record<string, AiSdkModel> | undefined },
): ProviderOptions;

/** A provider of the AI SDK: `openai`, `createGroq()`, `customProvider()` and others. */
export interface AiSdkProvider {
  /** Returns the model of this name. */
  languageModel(name: string): AiSdkModel;
}

/** A language model of the AI SDK, of version 2, 3 or 4. */
export interface AiSdkModel {
  /** The version of the AI SDK's interface. */
  readonly specificationVersion: "v2" | "v3" | "v4";
  /** Its provider's name. */
  readonly provider: string;
  /** Its name. */
  readonly modelId: string;
  /** URLs that the model opens itself, by media type. */
  readonly supportedUrls?: Record<string, RegExp[]> | PromiseLike<Record<string, RegExp[]>>;
  /** Starts a call. */
  doStream(options: any): PromiseLike<{ stream: ReadableStream<any> }>;
}

/* ---------------------------------------------------------------- UI stream */

/**
 * Returns a run as a UI message stream for `createUIMessageStreamResponse()`, `writer.merge()` or a
 * `ChatTransport`. Reads the run, as an iterator does: closing the stream cancels the run, unless
 * `result()` was called.
 *
 * The message has data parts `data-panelist` and `data-analysis`, then the answer's reasoning and
 * text, sources and tool calls. A failure is an `error` chunk, and a cancelled run an `abort`
 * chunk. Throws `TypeError` for an unknown option.
 *
 * @param options.messageId id of the message. Default: the client's
 * @param options.throttleMs shortest time between two versions of a running part. Default 200
 * @param options.onError returns the text of the `error` chunk. Default: the error's code
 */
export function toUIMessageStream(
  run: AsyncIterable<FusionEvent>,
  options?: {
    messageId?: string | undefined;
    throttleMs?: number | undefined;
    onError?: ((error: ErrorData) => string) | undefined;
  },
): ReadableStream<FusionUIChunk>;

/** The data parts, for `UIMessage<FusionUIMetadata, FusionUIData>`. */
export type FusionUIData = {
  /** One panelist. Its id is `panelist-0`, `panelist-1` and so on. */
  panelist: PanelistData;
  /** The analysis. Its id is `analysis`. */
  analysis: AnalysisData;
};

/** The metadata of a message. `cost` and `usage` are set at the end. */
export type FusionUIMetadata = {
  run_id?: string;
  /** In USD. `null`: unknown. */
  cost?: number | null;
  usage?: Usage;
};

/** A panelist, as a page shows it. The names are those of `llm-fuse/state`. */
export type PanelistData = PanelMember & {
  /** New values are minor versions: a `switch` needs a `default`. */
  status:
    | "waiting"
    | "queued"
    | "started"
    | "thinking"
    | "calling_tool"
    | "writing"
    | "retrying"
    | "completed"
    | "failed"
    | (string & {});
  /** From 1. 0: not started. */
  attempt: number;
  /** The model of this attempt: `model`, or a fallback. */
  model_used: string;
  /** The text of this attempt so far, or the answer. */
  content: string;
  /** The reasoning of this attempt. */
  reasoning: string;
  /** The tool calls of this attempt. */
  tools: Pick<ToolActivity, "tool" | "status" | "input">[];
  sources: Source[];
  /** Once it has completed. */
  usage: CallUsage | null;
  /** The code of the last error. Its message stays on the server. */
  error: Pick<ErrorData, "code"> | null;
};

/** The analysis, as a page shows it. The names are those of `llm-fuse/state`. */
export type AnalysisData = {
  status: "running" | "completed" | "failed";
  /** The model of this attempt. */
  model: string;
  /** From 1. */
  attempt: number;
  /** The findings so far. They are final once `status` is `"completed"`. */
  items: AnalysisItem[];
  /** The code of the last error. */
  error: Pick<ErrorData, "code"> | null;
};

/** A chunk of the stream. It is a `UIMessageChunk<FusionUIMetadata, FusionUIData>`. */
export type FusionUIChunk =
  | { type: "start"; messageId?: string; messageMetadata?: FusionUIMetadata }
  | { type: "start-step" }
  | { type: "finish-step" }
  | { type: "data-panelist"; id: string; data: PanelistData }
  | { type: "data-analysis"; id: string; data: AnalysisData }
  | { type: "text-start" | "reasoning-start"; id: string }
  | { type: "text-delta" | "reasoning-delta"; id: string; delta: string }
  | {
      type: "text-end" | "reasoning-end";
      id: string;
      /** `void`: the text was withdrawn, and the next part replaces it. */
      providerMetadata?: { "llm-fuse": { void: true } };
    }
  | { type: "source-url"; sourceId: string; url: string; title?: string }
  | { type: "tool-input-available"; toolCallId: string; toolName: string; input: unknown }
  | {
      type: "tool-input-error";
      toolCallId: string;
      toolName: string;
      input: unknown;
      errorText: string;
    }
  | { type: "error"; errorText: string }
  | { type: "abort" }
  | {
      type: "finish";
      finishReason: "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other";
      messageMetadata: FusionUIMetadata;
    };
