/**
 * The options of a run: providers, tool handlers, presets and prices.
 */

import type { Analysis, FusionSnapshot, PanelResponse } from "./output.js";
import type { AnalystSpec, Escalate, ModelSpec, ProviderName, WriterSpec } from "./request.js";

/** Functions, signals and secrets of a run. They are not part of the request. */
export interface FusionOptions {
  /**
   * The key for `baseURL`, or a function that returns the key for each call. Sent as
   * `Authorization: Bearer ...`, only to the host of `baseURL`. OpenRouter needs a key. In a web
   * page, every visitor can read the key.
   */
  apiKey?: ApiKey | undefined;
  /**
   * An absolute `https:` or `http:` URL of a Chat Completions API. It serves the models that name
   * no provider. It may be a full endpoint, and may have a query; see `ProviderOptions.baseURL`.
   * Default `https://openrouter.ai/api/v1`.
   */
  baseURL?: string | undefined;
  /**
   * Further providers, by name. A name consists of lower-case letters, digits, `_` and `-`. A
   * built-in provider needs only its key; `azure` and `cloudflare` also need a `baseURL`. `ollama`,
   * `lmstudio` and `llamacpp` need neither a key nor an entry here.
   */
  providers?: { [name in ProviderName]?: ProviderOptions | undefined } | undefined;
  /**
   * Limits the providers that a request may name with a prefix such as `ollama:`, or with
   * `provider`. Use it for a request that a client wrote. A model of any other provider is refused
   * with `invalid_request`. The default provider is always allowed.
   */
  clientProviders?:
    | {
        /** Names of providers. */
        allowed: readonly string[];
        /**
         * Fields of the request that the server wrote, such as `analysis_models` or `writer.model`.
         * They may name any provider.
         */
        except?: readonly string[] | undefined;
      }
    | undefined;
  /**
   * Handlers of tools that a provider does not host: `web_search`, `web_fetch`, and functions in
   * the request's or the writer's `tools`. `llm-fuse/tools` has handlers for the first two.
   */
  toolHandlers?: Record<string, ToolHandler> | undefined;
  /** Presets of the caller, by name. */
  presets?: Record<string, FusionPreset> | undefined;
  /**
   * Replaces the global `fetch`. Called with `(url, { method, headers, body, signal })`. `this` is
   * the object that has the function. A native function such as `window.fetch` gets no `this`.
   */
  fetch?: typeof globalThis.fetch | undefined;
  /**
   * The longest time that streamed text waits until it is read with further text, in milliseconds,
   * from 0 to 1000. Default 7. The first text of each stream, and its end, do not wait. A larger
   * value saves CPU time and makes fewer, longer deltas. With 0, each chunk is read in the turn of
   * the event loop in which it arrives.
   */
  flush_ms?: number | undefined;
  /**
   * If the signal is aborted, the run ends. Reading and `result()` then reject with the signal's
   * `reason`.
   */
  signal?: AbortSignal | undefined;
  /**
   * Called with a snapshot after each finished panelist and stage, and at the end. The run does not
   * wait for this function. If the function throws or rejects before the end, the run continues
   * with the warning `on_snapshot_failed`. Not called if the request is refused.
   */
  onSnapshot?: ((snapshot: FusionSnapshot) => unknown) | undefined;
  /**
   * Decides whether the further panelists of `escalate` answer, in place of `min_contradictions`.
   * Called once, after the first analysis. `proceed()` returns `false` in its place. If it throws,
   * rejects or returns no boolean, the contradictions decide, with the warning
   * `should_escalate_failed`.
   */
  shouldEscalate?: ShouldEscalate | undefined;
  /**
   * Prices by model, as OpenRouter's `pricing` objects. Used if a provider does not report the cost
   * of a call. They override OpenRouter's list. Discounts for cached tokens are not counted.
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
   * Limits of a provider's response. A larger response fails with code `provider_error`. So does a
   * response with more than 8,388,608 bytes of text.
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

/** Returns whether the further panelists answer. Receives copies. */
export type ShouldEscalate = (
  analysis: Analysis,
  responses: PanelResponse[],
) => boolean | PromiseLike<boolean>;

/**
 * A key, or a function that returns a key. The function is called for each HTTP request, including
 * retries, but not after the run was cancelled. Its time counts against `timeouts.first_byte_ms`.
 * If it throws, rejects or does not return a non-empty string, the call fails with
 * `authentication`. The message does not contain the function's error.
 */
export type ApiKey = string | (() => string | PromiseLike<string>);

/** A provider. A provider that is not built in needs `baseURL` or `fetch`. */
export interface ProviderOptions {
  /**
   * An absolute `https:` or `http:` URL. Default: the URL of the built-in provider. A URL that ends
   * with the dialect's path, such as `/chat/completions`, is used unchanged. A query, such as
   * `?api-version=2024-10-21`, is sent with every call and never appears in a message.
   */
  baseURL?: string | undefined;
  /**
   * The key for this provider, or a function that returns the key for each call. Sent as a bearer
   * token, only to the provider's host. The `messages` dialect sends `x-api-key`, except to
   * OpenRouter and Cloudflare. Azure receives `api-key`, unless the key is an Entra token (a JWT).
   */
  apiKey?: ApiKey | undefined;
  /** The wire format. Default: the dialect of the built-in provider, otherwise `"chat"`. */
  dialect?: "chat" | "responses" | "messages" | undefined;
  /**
   * Headers of every call. Their values never appear in errors. In a page, the server must permit
   * each header (CORS preflight).
   */
  headers?: Record<string, string> | undefined;
  /**
   * Answers in place of the network, for example with a model in this page or a Worker's service
   * binding. Called with `(url, { method, headers, body, signal })`, and with the `this` of
   * `options.fetch`.
   */
  fetch?:
    | ((
        url: string,
        init: { method: string; headers: Headers; body?: string; signal: AbortSignal },
      ) => Promise<Response> | Response)
    | undefined;
  /**
   * Maximum number of panelists that call this provider at the same time. The others wait
   * (`panelist.queued`). Default: 6 for `http:`, otherwise no limit.
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
   * `signal` aborts if the result is no longer needed. `index` is the panelist's index; it is
   * absent for other roles. `run` is the same empty object for all calls of one run. It can be the
   * key of a `WeakMap`.
   */
  context: { signal: AbortSignal; index?: number; run?: object },
) => unknown | Promise<unknown | ToolOutput>;

/** The output of a tool, if it is more than text or JSON data. */
export interface ToolOutput {
  /** For the model. Truncated after 100,000 characters. */
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
 * USD, as strings to keep all digits.
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
   * The price of one web search by the provider. Used by `estimate()`, and for `max_cost` if the
   * provider reports tokens without a cost.
   */
  web_search?: string | number | undefined;
  /** A discount on all prices, from 0 to 1. */
  discount?: number | undefined;
  /** Prices that depend on conditions. For each price, the last applicable override wins. */
  overrides?: readonly PricingOverride[] | undefined;
  [other: string]: unknown;
}

/** Prices that replace other prices, for long prompts or at certain hours. */
export type PricingOverride = {
  /** Applies to prompts with more tokens than this. */
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
