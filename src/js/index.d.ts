/// <reference lib="esnext.disposable" />

/**
 * llm-fuse: a panel of models answers in parallel, an analyst compares the answers, and a writer
 * gives the final one.
 *
 * Data is `snake_case`, with OpenRouter's names. Methods and live options are `camelCase`. New
 * event types, error codes and warning codes are minor versions: a `switch` needs a `default`.
 */

import type { Estimate, FusionEvent, FusionResult, FusionSnapshot } from "./output.js";

export * from "./output.js";

/**
 * Creates a run. The run starts when it is first iterated, or when `result()` or
 * `toReadableStream()` is called.
 *
 * Never throws. If the request is wrong, the first use fails with a {@link FusionError} that names
 * the field.
 */
export function fuse<const Messages extends readonly ChatMessage[]>(
  request: string | FusionRequest<Messages>,
  options?: FusionOptions,
): FusionRun;

/**
 * Compiles the WebAssembly core before the first run. Optional: the first run compiles it, too.
 * @param source the core's bytes, module or response, if the caller loads it
 */
export function init(
  source?: WasmModule | ArrayBuffer | ArrayBufferView | Response | PromiseLike<Response>,
): Promise<void>;

/**
 * Returns what a run may cost, before it starts. Rejects with the error with which the run would
 * fail.
 *
 * Prices come from `options.prices`. For OpenRouter the others come from one
 * `GET {baseURL}/models`. Calls that a resumed run has finished cost nothing.
 */
export function estimate<const Messages extends readonly ChatMessage[]>(
  request: string | FusionRequest<Messages>,
  options?: FusionOptions,
): Promise<Estimate>;

/**
 * Reads a run that a server drives. The server answers with `toReadableStream()` as the body of
 * `response`. Events, errors and result are the same, and the page needs neither the key nor the
 * WebAssembly core. A refusal of the server is a {@link FusionError}, too.
 *
 * `break` and `cancel()` close the connection. `cancelPanelist()`, `retryPanelist()` and
 * `proceed()` return `false`, because only the server can control the run. A `snapshot()` shows
 * what has arrived, and cannot be resumed.
 *
 * @param options.reconnect opens a new connection if the connection breaks before the run has
 *   ended, or is silent for 45 s. Keep-alive comments count as activity. Gets the `seq` of the last
 *   event (`"0"` before the first one), to send as `Last-Event-ID`. Events that arrive twice are
 *   dropped, and a gap is an error. The first delay is about 0.5 s, and later ones grow to 10 s. A
 *   `retry:` of the stream replaces them, up to one hour. An attempt may take 45 s. After 10
 *   attempts in a row without an event the run fails.
 */
export function fromResponse(
  response: Response | PromiseLike<Response>,
  options?: {
    reconnect?: ((lastEventId: string) => Response | PromiseLike<Response>) | undefined;
  },
): FusionRun;

/**
 * A run. It has one reader: a second iterator, or `toReadableStream()` beside an iterator, throws
 * `TypeError`.
 */
export interface FusionRun extends AsyncIterable<FusionEvent>, AsyncDisposable {
  /** Returns the iterator. `break` cancels the run, unless `result()` was called. */
  [Symbol.asyncIterator](): FusionIterator;
  /** Cancels the run, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * Returns the promise of the result, and runs without a reader, too. May be called before, during
   * or after iteration.
   */
  result(): Promise<FusionResult>;
  /**
   * Cancels the run and closes every open connection. Reading then fails with code `cancelled` and
   * `reason` as its `cause`.
   */
  cancel(reason?: unknown): void;
  /**
   * Cancels one panelist, which fails with code `cancelled`. Returns `false` if the panelist is not
   * running. Throws `TypeError` if the index is not an integer from 0.
   */
  cancelPanelist(index: number): boolean;
  /**
   * Restarts a panelist, failed or running, while any panelist is running. The restart has the next
   * attempt number. Its delay is none the first time, then 0.5 s, 1 s and so on up to 30 s.
   *
   * Returns `false` if there is nothing to restart, for example because the answer is complete.
   * Throws `TypeError` if the index is not an integer from 0.
   */
  retryPanelist(index: number): boolean;
  /**
   * Continues with the work that is done. If a panelist has answered, the running ones fail with
   * code `cancelled`. If the analyst is running, its analysis is dropped, and the writer uses the
   * answers. Returns `false` if there is nothing to continue with.
   */
  proceed(): boolean;
  /** Returns the state of the run, at any time, also after the end. */
  snapshot(): FusionSnapshot;
  /**
   * Returns the events as server-sent events. `id:` is the event's `seq`, and `data:` its JSON. A
   * comment follows every 15 s of silence.
   */
  toReadableStream(): ReadableStream<Uint8Array>;
}

/** The iterator of a run. `return()` acts at once, even while a `next()` is pending. */
export interface FusionIterator extends AsyncIterableIterator<FusionEvent, undefined, undefined> {
  next(): Promise<IteratorResult<FusionEvent, undefined>>;
  return(): Promise<IteratorResult<FusionEvent, undefined>>;
}

/** `WebAssembly.Module`, if the program's types have it. Node's types do not have it. */
export type WasmModule =
  typeof globalThis extends { WebAssembly: { Module: { prototype: infer M } } } ? M : object;

/* ------------------------------------------------------------------ request */

/**
 * A request: plain JSON without secrets. It has `prompt`, `messages` or `resume`. Unknown fields
 * are refused by name.
 */
export type FusionRequest<Messages extends readonly ChatMessage[] = readonly ChatMessage[]> =
  FusionRequestFields & (PromptRequest | ConversationRequest<Messages> | ResumeRequest);

/** A request with a prompt. */
export interface PromptRequest {
  /** The question. */
  prompt: string;
  /** Not beside `prompt`. */
  messages?: undefined;
  /** Not beside `prompt`: see {@link ResumeRequest}. */
  resume?: undefined;
}

/** A request with a conversation. */
export interface ConversationRequest<Messages extends readonly ChatMessage[]> {
  /**
   * A conversation in OpenAI's chat format. The last message is the user's or, with
   * `convene: false`, a tool's result. An empty list is refused.
   */
  messages: Messages & (Messages extends readonly [] ? never : unknown);
  /** Not beside `messages`. */
  prompt?: undefined;
  /** Not beside `messages`: see {@link ResumeRequest}. */
  resume?: undefined;
}

/** A request that resumes an earlier run. */
export interface ResumeRequest {
  /**
   * Resumes a run from its snapshot, in any tab, process or runtime. Finished calls are not
   * repeated. Fields beside `resume` override those of the snapshot's request, and panelists match
   * by equal specification. Another question is refused. A snapshot that is damaged or of another
   * version fails with code `invalid_snapshot`. `rerun` lists panelists, by index, that answer
   * again.
   */
  resume:
    | FusionSnapshot
    | { snapshot: FusionSnapshot; rerun?: readonly number[] | undefined };
  /** The question of the snapshot. */
  prompt?: string | undefined;
  /** The conversation of the snapshot. */
  messages?: readonly ChatMessage[] | undefined;
}

/** The fields of a request beside its question. */
export interface FusionRequestFields {
  /** The panel, 1 to 8 members. A model may occur twice. Default: the panel of the preset. */
  analysis_models?: readonly (string | ModelSpec)[] | undefined;
  /**
   * The analyst and the writer. Default: the analyst of the preset. For other providers than
   * OpenRouter it is the first model of the panel.
   */
  model?: string | undefined;
  /** Overrides `model` for the analyst. */
  analyst?: string | AnalystSpec | undefined;
  /** Overrides `model` for the writer. */
  writer?: string | WriterSpec | undefined;
  /**
   * A panel with its models. `analysis_models` and `model` override it. `options.presets` adds
   * names. Default `"general-high"`.
   */
  preset?: "general-high" | "general-budget" | "general-fast" | (string & {}) | undefined;
  /**
   * Research tools of panel and analyst, at most 8. `[]` means none. Default: web search and web
   * fetch, if the provider hosts them or `options.toolHandlers` has one of them.
   *
   * A function needs its handler in `toolHandlers`. A tool that neither the provider nor a handler
   * runs is refused.
   */
  tools?: readonly (HostedTool | FunctionTool)[] | undefined;
  /**
   * Tool-calling steps of each panelist and of the analyst. One turn without tools follows the last
   * step. Integer from 1 to 16, default 4.
   */
  max_tool_calls?: number | undefined;
  /** Tokens of each call, reasoning included. Integer from 1, default 16,000. */
  max_completion_tokens?: number | undefined;
  /** From 0 to 2, for the panel. The analyst uses 0. Default: the provider's. */
  temperature?: number | undefined;
  /** For panel and analyst. Default: the provider's. */
  reasoning?: Reasoning | undefined;
  /**
   * Lets the provider cache the prompt. For OpenRouter and the `messages` dialect: other providers
   * cache without it.
   */
  cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" | undefined } | undefined;
  /** Timeouts, in milliseconds. */
  timeouts?: Timeouts | undefined;
  /** When the panel closes before all have answered. Default: it waits for all. */
  quorum?: Quorum | undefined;
  /** Retries of each call after a transient failure. Integer from 0 to 10, default 2. */
  max_retries?: number | undefined;
  /**
   * The limit of the cost in USD, above 0. Every model that may be called needs a price, from
   * `options.prices` or from OpenRouter's list.
   *
   * A call starts only if its prompt fits into the limit. Open calls are metered by their output,
   * and closed with code `budget_exceeded` at the limit. The snapshot has what was paid for. The
   * cost of a provider's own tools is known at the end of the call only. OpenRouter gets the limit,
   * too.
   */
  max_cost?: number | undefined;
  /**
   * Determines the order in which the analyst sees the answers, and the jitter of retries. Integer
   * from 0 to 2^53-1. Default: random, reported in `run.started`.
   */
  seed?: number | undefined;
  /** `false`: the writer answers alone, without panel and analyst. Default `true`. */
  convene?: boolean | undefined;
}

/** A member of the panel. Fields that are absent are those of the request. */
export interface ModelSpec {
  /**
   * The provider's name of the model. May begin with a provider's name and a colon, such as
   * `"openai:gpt-5"`, unless `provider` is present.
   */
  model: string;
  /** A name in `options.providers`, or a built-in provider. */
  provider?: ProviderName | undefined;
  /** From 0 to 2. */
  temperature?: number | undefined;
  reasoning?: Reasoning | undefined;
  /** A system message before the conversation, for this member. */
  system?: string | undefined;
  /** Integer from 1. */
  max_completion_tokens?: number | undefined;
  /** Research tools of this member. */
  tools?: readonly (HostedTool | FunctionTool)[] | undefined;
  /**
   * Models to try in order if this one fails, at most 8. They are called at `provider`, unless a
   * prefix names another.
   */
  fallbacks?: readonly string[] | undefined;
  /**
   * Fields that are merged into the provider's request. They cannot replace `model`, `messages`,
   * `stream` or `n`. With `max_cost` they cannot replace a limit of the call.
   */
  extra_body?: Record<string, unknown> | undefined;
}

/** A {@link ModelSpec} without a required model. */
type Role = { model?: string | undefined } & Omit<ModelSpec, "model">;
/**
 * The analyst. With two `passes` (default 1) the same model compares the answers again, in reversed
 * order, and items get `survived`.
 */
export type AnalystSpec = Omit<Role, "temperature" | "system"> & { passes?: 1 | 2 | undefined };
/** The writer, and the form of the final answer. */
export type WriterSpec = Omit<Role, "tools"> & {
  /**
   * Functions of the caller. A function with a handler in `options.toolHandlers` runs here. A call
   * of another function ends the answer, and is in `answer.tool_call` and `result.tool_calls`. A
   * run with `convene: false` continues from its result.
   */
  tools?: readonly FunctionTool[] | undefined;
  /** Default: the provider's. */
  tool_choice?:
    | "auto"
    | "none"
    | "required"
    | { type: "function"; function: { name: string } }
    | undefined;
  /**
   * Default: free text. If a provider refuses the format, the call is repeated without it, with the
   * warning `parameter_dropped`.
   */
  response_format?:
    | { type: "text" }
    | { type: "json_object" }
    | {
        type: "json_schema";
        json_schema: {
          name: string;
          description?: string | undefined;
          schema?: Record<string, unknown> | undefined;
          strict?: boolean | null | undefined;
        };
      }
    | undefined;
  /** At most four strings. The `responses` dialect does not have it. */
  stop?: string | readonly string[] | undefined;
};

/** How much a model thinks before it answers. */
export interface Reasoning {
  /** The provider maps or refuses values that a model does not know. */
  effort?: "max" | "xhigh" | "high" | "medium" | "low" | "minimal" | "none" | undefined;
  /** For OpenRouter and the `messages` dialect. */
  max_tokens?: number | undefined;
}

/** A function in OpenAI's chat format. */
export interface FunctionTool {
  type: "function";
  function: {
    name: string;
    description?: string | undefined;
    parameters?: Record<string, unknown> | undefined;
    strict?: boolean | null | undefined;
  };
}

/**
 * A research tool under OpenRouter's name, such as `{ type: "openrouter:web_search", parameters: {
 * max_results: 3 } }`. Other providers get their own name of the tool.
 */
export interface HostedTool {
  type: `openrouter:${string}`;
  parameters?: Record<string, unknown> | undefined;
}

/** Timeouts in milliseconds, from 1 to 2147483647. An expired one fails with code `timeout`. */
export interface Timeouts {
  /** From the request to the first byte of the response. Default 60,000. */
  first_byte_ms?: number | undefined;
  /** Longest silence of a stream. Keep-alive comments count as activity. Default 60,000. */
  idle_ms?: number | undefined;
  /** One panelist with all its attempts. Default 300,000. */
  panelist_ms?: number | undefined;
  /** The whole run. Default 600,000. */
  run_ms?: number | undefined;
}

/** When the panel closes. Panelists that still run then fail with code `cancelled`. */
export interface Quorum {
  /** Sufficient answers. Integer from 1 to 8. Default: the size of the panel. */
  min_responses?: number | undefined;
  /** Time for the other panelists after that, in milliseconds. Default: no limit. */
  grace_ms?: number | undefined;
}

/** A message in OpenAI's chat format. */
export type ChatMessage =
  | {
      role: "system" | "developer";
      content: string | readonly TextPart[];
      name?: string | undefined;
    }
  | { role: "user"; content: string | readonly ContentPart[]; name?: string | undefined }
  | {
      role: "assistant";
      content?: string | readonly TextPart[] | null | undefined;
      name?: string | undefined;
      [field: string]: unknown;
    }
  | { role: "tool"; content: string | readonly TextPart[]; tool_call_id: string };

/** Text in a message's content. */
export interface TextPart {
  type: "text";
  text: string;
}
/** A part of a user's message. The model decides which parts it can read. */
export type ContentPart =
  | TextPart
  | { type: "image_url"; image_url: { url: string; detail?: string | undefined } }
  | { type: "file"; file: Record<string, unknown> }
  | { type: "input_audio"; input_audio: { data: string; format: string } };

/* ------------------------------------------------------------------ options */

/** Functions, signals and secrets of a run, which are no part of the request. */
export interface FusionOptions {
  /**
   * The key for `baseURL`, sent as `Authorization: Bearer ...` and to no other host. OpenRouter
   * needs one. In a web page, every visitor can read it.
   */
  apiKey?: string | undefined;
  /**
   * An absolute `https:` or `http:` URL of an API with OpenAI's Chat Completions. It serves models
   * that name no provider. Default `https://openrouter.ai/api/v1`.
   */
  baseURL?: string | undefined;
  /**
   * Further providers, by name: small letters, digits, `_` and `-`. A built-in provider needs its
   * key only. `ollama`, `lmstudio` and `llamacpp` need no key and no entry here.
   */
  providers?: { [name in ProviderName]?: ProviderOptions | undefined } | undefined;
  /**
   * Handlers of tools that a provider does not host: `web_search` and `web_fetch` (`llm-fuse/tools`
   * has some), and functions in the request's or the writer's `tools`.
   */
  toolHandlers?: Record<string, ToolHandler> | undefined;
  /** Presets of the caller, by name. */
  presets?: Record<string, FusionPreset> | undefined;
  /** Replaces the global `fetch`. Called with `(url, { method, headers, body, signal })`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Ends the run if it is aborted. Everything then rejects with the signal's `reason`. */
  signal?: AbortSignal | undefined;
  /**
   * Called with a snapshot after each finished panelist and stage, and at the end. Not awaited. If
   * it throws or rejects before the end, the run continues with the warning `on_snapshot_failed`.
   * Not called for a request that is refused.
   */
  onSnapshot?: ((snapshot: FusionSnapshot) => unknown) | undefined;
  /**
   * Prices by model, as OpenRouter's `pricing` objects. Used if a provider does not report the cost
   * of a call. They override OpenRouter's list. Discounts for cached tokens are not known.
   */
  prices?: Record<string, Pricing> | undefined;
  /** The caller's app, sent to OpenRouter only. */
  app?:
    | {
        title?: string | undefined;
        url?: string | undefined;
        categories?: readonly string[] | undefined;
      }
    | undefined;
  /**
   * Limits of a provider's response. A larger response fails with code `provider_error`, as does
   * one with more than 8,388,608 bytes of text.
   */
  limits?:
    | {
        /** Longest line of a stream, in bytes. Default 8,388,608. */
        line_bytes?: number | undefined;
        /** Longest body, in bytes. Default 67,108,864. */
        body_bytes?: number | undefined;
      }
    | undefined;
}

/** A built-in provider, or a name in `options.providers`. */
export type ProviderName =
  | "openrouter"
  | "openai"
  | "anthropic"
  | "google"
  | "xai"
  | "ollama"
  | "lmstudio"
  | "llamacpp"
  | (string & {});

/** A provider. A provider that is not built in needs `baseURL` or `fetch`. */
export interface ProviderOptions {
  /** An absolute `https:` or `http:` URL. Default: that of the built-in provider. */
  baseURL?: string | undefined;
  /**
   * The key for this provider, sent to no other host. Sent as a bearer token. The `messages`
   * dialect sends `x-api-key`, except to OpenRouter.
   */
  apiKey?: string | undefined;
  /** The wire format. Default: that of the built-in provider, otherwise `"chat"`. */
  dialect?: "chat" | "responses" | "messages" | undefined;
  /**
   * Headers of every call, kept out of errors. In a page, each header needs the server's permission
   * (CORS preflight).
   */
  headers?: Record<string, string> | undefined;
  /**
   * Answers instead of the network, for example with a model in this page or a Worker's service
   * binding. Called with `(url, { method, headers, body, signal })`.
   */
  fetch?:
    | ((
        url: string,
        init: { method: string; headers: Headers; body?: string; signal: AbortSignal },
      ) => Promise<Response> | Response)
    | undefined;
  /**
   * Panelists that run there at the same time. The others wait (`panelist.queued`). Default: 6 for
   * `http:`, otherwise no limit.
   */
  max_concurrency?: number | undefined;
}

/**
 * Runs a tool. If it throws, or takes longer than `timeouts.idle_ms`, the model gets an error as
 * the tool's result.
 */
export type ToolHandler = (
  /** The arguments as the model wrote them. */
  input: any,
  /** `signal` aborts if the result is not needed. `index` is the panelist's, if it is one. */
  context: { signal: AbortSignal; index?: number },
) => unknown | Promise<unknown | ToolOutput>;

/** The output of a tool, if it is neither text nor JSON data. */
export interface ToolOutput {
  /** For the model. Truncated after 100,000 characters. */
  content: string;
  /** Sources for `*.source` events. */
  sources?: readonly { url: string; title?: string | undefined }[] | undefined;
  /** A text for people, in the `*.tool` event. Truncated after 200 characters. */
  summary?: string | undefined;
}

/** A panel with its analyst and writer, with fields of a request. */
export interface FusionPreset {
  analysis_models: readonly (string | ModelSpec)[];
  model?: string | undefined;
  analyst?: string | AnalystSpec | undefined;
  writer?: string | WriterSpec | undefined;
}

/**
 * The price of a model, in the form of `GET https://openrouter.ai/api/v1/models`. Amounts are in
 * USD, as strings to keep all digits.
 */
export interface Pricing {
  /** For one token. */
  prompt: string | number;
  /** For one token. */
  completion: string | number;
  /** For one call. */
  request?: string | number | undefined;
  /** For one reasoning token, if it differs from `completion`. */
  internal_reasoning?: string | number | undefined;
  /**
   * For one search of the provider. Used by `estimate()`, and for `max_cost` if the provider
   * reports tokens without a cost.
   */
  web_search?: string | number | undefined;
  /** A discount on all prices, from 0 to 1. */
  discount?: number | undefined;
  /** Prices under conditions. For each price, the last override that applies wins. */
  overrides?: readonly PricingOverride[] | undefined;
  [other: string]: unknown;
}

/** Prices that replace others, for long prompts or at some hours. */
export type PricingOverride = {
  /** Applies to prompts with more tokens than this. */
  min_prompt_tokens?: number | undefined;
  /** The first time of day at which it applies, in UTC: 2230 is 22:30. */
  utc_start?: number | undefined;
  /** The time of day at which it ends, in UTC: 430 is 4:30. */
  utc_end?: number | undefined;
} & {
  [Price in "prompt" | "completion" | "request" | "internal_reasoning" | "web_search"]?:
    | string
    | number
    | undefined;
};
