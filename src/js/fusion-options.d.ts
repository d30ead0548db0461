/**
 * The options of a run: providers, tool handlers, presets and prices.
 */

import type { Analysis, FusionSnapshot, PanelResponse } from "./output.js";
import type { AnalystSpec, Escalate, ModelSpec, ProviderName, WriterSpec } from "./request.js";

/** Functions, signals and secrets of a run. They are not part of the request. */
export interface FusionOptions {
  /**
   * The API key for the server of `baseURL`, or a function that returns the key for each call. Sent
   * as `Authorization: Bearer ...`, and only to this server. OpenRouter needs a key. In a web page,
   * every visitor can read the key.
   */
  apiKey?: ApiKey | undefined;
  /**
   * An absolute `https:` or `http:` URL of a Chat Completions API. This server is used for models
   * whose name contains no provider. The URL may be a full endpoint, and may have a query; see
   * `ProviderOptions.baseURL`. Default `https://openrouter.ai/api/v1`.
   */
  baseURL?: string | undefined;
  /**
   * Further providers, by name. A name consists of lower-case letters, digits, `_` and `-`. A
   * built-in provider needs only its key; `azure` and `cloudflare` also need a `baseURL`. `ollama`,
   * `lmstudio` and `llamacpp` need neither a key nor an entry here.
   */
  providers?: { [name in ProviderName]?: ProviderOptions | undefined } | undefined;
  /**
   * Limits which providers a request may name, either with a prefix such as `ollama:` or with
   * `provider`. Set this option if a client wrote the request. If a model belongs to another
   * provider, the run fails with `invalid_request`. The default provider is always allowed.
   */
  clientProviders?:
    | {
        /** Names of providers. */
        allowed: readonly string[];
        /**
         * Fields of the request that the server wrote, such as `analysis_models` or `writer.model`.
         * These fields may name any provider.
         */
        except?: readonly string[] | undefined;
      }
    | undefined;
  /**
   * Handlers of tools that a provider does not host: `web_search`, `web_fetch`, and functions in
   * the request's or the writer's `tools`. `llm-fuse/tools` has handlers for `web_search` and
   * `web_fetch`.
   */
  toolHandlers?: Record<string, ToolHandler> | undefined;
  /** Presets of the caller, by name. */
  presets?: Record<string, FusionPreset> | undefined;
  /**
   * Replaces the global `fetch`. Called with `(url, { method, headers, body, signal })`. In the
   * call, `this` is the options object. Native functions such as `window.fetch` are called without
   * `this`.
   */
  fetch?: typeof globalThis.fetch | undefined;
  /**
   * Maximum time in milliseconds that streamed text waits for more text. From 0 to 1000, default 5.
   *
   * The run reads the waiting texts of all streams together. The first text of each stream, and the
   * stream's end, do not wait. A larger value saves CPU time and makes fewer, longer deltas. With
   * 0, the run reads each chunk as soon as it arrives.
   */
  flush_ms?: number | undefined;
  /**
   * If the signal is aborted, the run ends. The iterator and `result()` then reject with the
   * signal's `reason`.
   */
  signal?: AbortSignal | undefined;
  /**
   * Called with a snapshot after each panelist, after each stage, such as the analysis, and at the
   * end. The run does not wait for this function. If the function fails before the end, the run
   * emits the warning `on_snapshot_failed` and continues. Not called if the request is invalid.
   */
  onSnapshot?: ((snapshot: FusionSnapshot) => unknown) | undefined;
  /**
   * Decides whether the further panelists of `escalate` answer. Replaces `min_contradictions`.
   * Called once, after the first analysis.
   *
   * If `proceed()` is called while the function runs, the result is `false`. If the function
   * throws, rejects or returns no boolean, the run emits the warning `should_escalate_failed`. Then
   * `min_contradictions` decides.
   */
  shouldEscalate?: ShouldEscalate | undefined;
  /**
   * Prices by model, as OpenRouter's `pricing` objects. They are used if a provider does not report
   * the cost of a call, and override OpenRouter's price list. Discounts for cached tokens are not
   * counted.
   */
  prices?: Record<string, Pricing> | undefined;
  /** Information about your app. It is sent to OpenRouter only. */
  app?:
    | {
        title?: string | undefined;
        url?: string | undefined;
        categories?: readonly string[] | undefined;
      }
    | undefined;
  /**
   * Limits of a provider's response. If a response exceeds a limit, the call fails with code
   * `provider_error`. The call also fails if the response has more than 8,388,608 bytes of text.
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

/** Returns whether the further panelists answer. Changes to the arguments do not affect the run. */
export type ShouldEscalate = (
  analysis: Analysis,
  responses: PanelResponse[],
) => boolean | PromiseLike<boolean>;

/**
 * A key, or a function that returns a key. The run calls the function for each HTTP request,
 * including retries, but not after the run was cancelled. The function's time counts against
 * `timeouts.first_byte_ms`.
 *
 * If the function throws or rejects, or returns no string or an empty string, the call fails with
 * `authentication`. The message does not contain the function's error.
 */
export type ApiKey = string | (() => string | PromiseLike<string>);

/** A provider. A provider that is not built in needs `baseURL` or `fetch`. */
export interface ProviderOptions {
  /**
   * An absolute `https:` or `http:` URL. Default: the URL of the built-in provider. A URL that ends
   * with the path of the API, such as `/chat/completions`, is used unchanged. A query, such as
   * `?api-version=2024-10-21`, is sent with every call and never appears in a message.
   */
  baseURL?: string | undefined;
  /**
   * The key for this provider, or a function that returns the key for each call. The key is sent
   * only to the provider's host, as a bearer token.
   *
   * The `messages` dialect sends the key as `x-api-key`, but not to OpenRouter and Cloudflare.
   * Azure gets the key as `api-key`, unless the key is an Entra token (a JWT).
   */
  apiKey?: ApiKey | undefined;
  /** The wire format. Default: the dialect of the built-in provider, otherwise `"chat"`. */
  dialect?: "chat" | "responses" | "messages" | undefined;
  /**
   * Headers of every call. Their values never appear in errors. If the run is in a web page, the
   * provider's server must permit each header (CORS preflight).
   */
  headers?: Record<string, string> | undefined;
  /**
   * Answers the calls to this provider without the network. Examples are a model in this page and a
   * Worker's service binding. Called with `(url, { method, headers, body, signal })`. In the call,
   * `this` is the provider's object. Native functions are called without `this`.
   */
  fetch?:
    | ((
        url: string,
        init: { method: string; headers: Headers; body?: string; signal: AbortSignal },
      ) => Promise<Response> | Response)
    | undefined;
  /**
   * Maximum number of panelists that call this provider at the same time. Further panelists wait,
   * and emit `panelist.queued`. Default: 6 for `http:`, otherwise no limit.
   */
  max_concurrency?: number | undefined;
}

/**
 * Runs a tool. If the handler throws, or takes longer than `timeouts.idle_ms`, the model receives
 * an error as the tool's result.
 */
export type ToolHandler = (
  /** The arguments as the model wrote them. */
  input: any,
  /**
   * `signal` aborts if the result is no longer needed. `index` is the panelist's index, and is
   * absent for other roles. `run` is the same empty object for all calls of one run, for example as
   * the key of a `WeakMap`.
   */
  context: { signal: AbortSignal; index?: number; run?: object },
) => unknown | Promise<unknown | ToolOutput>;

/** The output of a tool that returns sources or a summary in addition to its content. */
export interface ToolOutput {
  /** The result that the model gets. Cut after 100,000 characters. */
  content: string;
  /** Sources for `*.source` events. */
  sources?: readonly { url: string; title?: string | undefined }[] | undefined;
  /** A text for people, in the `*.tool` event. Truncated after 200 characters. */
  summary?: string | undefined;
}

/** A panel with its analyst and writer. The fields are those of a request. */
export interface FusionPreset {
  analysis_models: readonly (string | ModelSpec)[];
  model?: string | undefined;
  analyst?: string | AnalystSpec | undefined;
  writer?: string | WriterSpec | undefined;
  /** Further panelists, which answer if the panel disagrees. */
  escalate?: Escalate | undefined;
}

/**
 * The price of a model, in the form of `GET https://openrouter.ai/api/v1/models`. Amounts are in
 * USD. A string keeps all digits of an amount.
 */
export interface Pricing {
  /** The price of one token of a prompt. */
  prompt: string | number;
  /** The price of one token of an answer. */
  completion: string | number;
  /** The price of one call. */
  request?: string | number | undefined;
  /** The price of one reasoning token, if it differs from `completion`. */
  internal_reasoning?: string | number | undefined;
  /**
   * The price of one web search that the provider runs. Used by `estimate()`. Also used for
   * `max_cost`, if the provider reports tokens without a cost.
   */
  web_search?: string | number | undefined;
  /** A discount on all prices, from 0 to 1. */
  discount?: number | undefined;
  /**
   * Prices that depend on conditions. If the conditions of several overrides are met, the last one
   * of them sets the price.
   */
  overrides?: readonly PricingOverride[] | undefined;
  [other: string]: unknown;
}

/** Prices that replace other prices, for long prompts or at certain hours. */
export type PricingOverride = {
  /** The override applies to prompts with more tokens than this number. */
  min_prompt_tokens?: number | undefined;
  /** The time of day at which the override begins, in UTC: 2230 is 22:30. */
  utc_start?: number | undefined;
  /** The time of day at which the override ends, in UTC: 430 is 4:30. */
  utc_end?: number | undefined;
} & {
  [Price in "prompt" | "completion" | "request" | "internal_reasoning" | "web_search"]?:
    | string
    | number
    | undefined;
};
