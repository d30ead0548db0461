/**
 * llm-fuse/ai-sdk connects `fuse()` with Vercel's AI SDK (`ai` 6 and 7). `fusion()` makes a panel a
 * language model of the AI SDK. `fromAiSdk()` makes a provider of the AI SDK a provider of the
 * panel. `toUIMessageStream()` makes a run a UI message stream.
 */

import type { FusionOptions, ProviderOptions } from "../fusion-options.js";
import type {
  AnalysisItem,
  CallUsage,
  ErrorData,
  FusionEvent,
  FusionResult,
  PanelMember,
  Source,
  ToolActivity,
  Usage,
  WarningCode,
} from "../output.js";
import type { FusionRequestFields } from "../request.js";

/* -------------------------------------------------------------------- model */

/**
 * Returns a language model for `generateText`, `streamText`, agents and `useChat`. Each call of the
 * model starts a run. If the prompt ends with tool results, only the writer runs.
 *
 * `request` sets the panel, the analyst, the writer and the limits. The options of a model call,
 * such as `temperature`, apply to the writer. In a model call, `providerOptions["llm-fuse"]`
 * overrides fields of `request`.
 *
 * Throws `TypeError` if `request` is not an object, or if it has `prompt` or `messages`. Also
 * throws if `options` has a `signal`.
 */
export function fusion(
  request?: FusionRequestFields,
  options?: FusionModelOptions,
): FusionLanguageModel;

/** The options of `fusion()`: those of `fuse()` without `signal`, and three options of its own. */
export interface FusionModelOptions extends Omit<FusionOptions, "signal"> {
  /** The model's name in results and logs. Default: the preset's name, or `"fusion"`. */
  modelId?: string | undefined;
  /**
   * Reports the progress of the panel and of the analyst as reasoning parts, before the answer.
   * Default `false`.
   */
  panelProgress?: boolean | undefined;
  /**
   * Patterns of image URLs that every provider of the run can open. The keys are media types, as in
   * `{ "image/*": [/^https:/] }`. The AI SDK downloads all other files. Default: no patterns.
   */
  supportedUrls?: Record<string, RegExp[]> | undefined;
}

/** A language model in the AI SDK's specification version 3, which `ai` 6 and 7 accept. */
export interface FusionLanguageModel {
  /** The version of the AI SDK's interface. */
  readonly specificationVersion: "v3";
  /**
   * `"llm-fuse"`. This name is also the key in the model's `providerMetadata` and
   * `providerOptions`.
   */
  readonly provider: string;
  /** The model's name: the value of `options.modelId`. */
  readonly modelId: string;
  /** The patterns of `options.supportedUrls` for images. */
  readonly supportedUrls: Record<string, RegExp[]>;
  /** Called by the AI SDK. */
  doGenerate(options: any): Promise<any>;
  /** Called by the AI SDK. Resolves when a provider has begun to answer. */
  doStream(options: any): Promise<any>;
}

/**
 * The content of `providerMetadata["llm-fuse"]` at the end of a call. The AI SDK types it as JSON,
 * so cast it: `providerMetadata?.["llm-fuse"] as FusionProviderMetadata | undefined`.
 */
export type FusionProviderMetadata = Pick<
  FusionResult,
  "run_id" | "seed" | "usage" | "analysis" | "responses" | "failed_models" | "kinship" | "activity"
> & {
  /** The run's cost in USD. `null` if the cost is unknown. */
  cost: number | null;
  warnings: { code: WarningCode; message: string }[];
};

/* ----------------------------------------------------------------- provider */

/**
 * Turns an AI SDK provider into a provider for `options.providers`. Example: if the returned
 * provider is stored as `providers.groq`, the name `"groq:llama-3.3-70b"` means the provider's
 * model `llama-3.3-70b`. The library does not download files for such a provider.
 *
 * Throws `TypeError` if `provider` is no provider, function or model, or if an option is unknown.
 *
 * @param provider a provider, a function that returns the model of a name, or one model for all
 *   names
 * @param options.models models that have settings of their own, by name
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
  /** The name of the model's provider. */
  readonly provider: string;
  /** The model's name. */
  readonly modelId: string;
  /** Patterns of URLs that the model's provider opens itself, by media type. */
  readonly supportedUrls?: Record<string, RegExp[]> | PromiseLike<Record<string, RegExp[]>>;
  /** Starts a call. */
  doStream(options: any): PromiseLike<{ stream: ReadableStream<any> }>;
}

/* ---------------------------------------------------------------- UI stream */

/**
 * Returns a run as a UI message stream for `createUIMessageStreamResponse()`, `writer.merge()` or a
 * `ChatTransport`. If the stream is closed, the run is cancelled, unless `result()` was called.
 *
 * The message starts with the data parts `data-panelist` and `data-analysis`. The reasoning, text,
 * sources and tool calls of the answer follow. If the run fails, an `error` chunk follows. If the
 * run is cancelled, an `abort` chunk follows.
 *
 * Throws `TypeError` if `run` is not a run or already has a reader, or if an option is unknown.
 *
 * @param options.messageId id of the message. Default: the client chooses the id
 * @param options.throttleMs minimum time in milliseconds before a changed data part is sent again.
 *   Default 200
 * @param options.onError returns the text of the `error` chunk. If `onError` is missing or returns
 *   nothing, the text is the error's code
 */
export function toUIMessageStream(
  run: AsyncIterable<FusionEvent>,
  options?: {
    messageId?: string | undefined;
    throttleMs?: number | undefined;
    onError?: ((error: ErrorData) => string | undefined) | undefined;
  },
): ReadableStream<FusionUIChunk>;

/** The data parts, for `UIMessage<FusionUIMetadata, FusionUIData>`. */
export type FusionUIData = {
  /** The state of one panelist. The part's id is `panelist-0`, `panelist-1` and so on. */
  panelist: PanelistData;
  /** The state of the analysis. The part's id is `analysis`. */
  analysis: AnalysisData;
};

/** The metadata of a message. `cost` and `usage` are set at the end. */
export type FusionUIMetadata = {
  run_id?: string;
  /** The run's cost in USD. `null` if the cost is unknown. */
  cost?: number | null;
  usage?: Usage;
};

/** The state of a panelist for a page. Its fields have the names that `llm-fuse/state` uses. */
export type PanelistData = PanelMember & {
  /** New values may be added in minor versions, so a `switch` needs a `default`. */
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
  /** The number of the attempt: 0 before the first attempt, 1 for the first attempt, and so on. */
  attempt: number;
  /** The model of this attempt: `model` or a fallback. */
  model_used: string;
  /** The text of this attempt so far. After the end, the whole answer. */
  content: string;
  /** The reasoning of this attempt. */
  reasoning: string;
  /** The tool calls of this attempt. */
  tools: Pick<ToolActivity, "tool" | "status" | "input">[];
  sources: Source[];
  /** The usage of the panelist. `null` until the panelist has completed. */
  usage: CallUsage | null;
  /** The code of the last error. The error's message is not sent to the page. */
  error: Pick<ErrorData, "code"> | null;
};

/** The state of the analysis for a page. Its fields have the names that `llm-fuse/state` uses. */
export type AnalysisData = {
  status: "running" | "completed" | "failed";
  /** The model of this attempt. */
  model: string;
  /** The number of the attempt, from 1. */
  attempt: number;
  /** The findings so far. They are final once `status` is `"completed"`. */
  items: AnalysisItem[];
  /** The code of the last error. */
  error: Pick<ErrorData, "code"> | null;
};

/** A chunk of the stream. The AI SDK's type is `UIMessageChunk<FusionUIMetadata, FusionUIData>`. */
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
      /** `void`: the text of this part is no longer valid. The next text part replaces it. */
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
