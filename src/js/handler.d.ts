/**
 * llm-fuse/handler serves a panel as an HTTP endpoint, for software that is written for OpenRouter,
 * OpenAI or Anthropic.
 */

import type { FusionOptions, FusionRequestFields } from "./index.js";
import type { ErrorData } from "./output.js";

/**
 * Returns a handler for `POST .../chat/completions`, `.../responses` and `.../messages`, streaming
 * or not, and for `GET .../models`. The handler answers as OpenRouter does for `openrouter/fusion`.
 * It checks only the end of a path, so it can be mounted anywhere.
 *
 * Throws `TypeError` if an option is wrong. Errors that only the core can find are reported at the
 * first request: to `onError`, or once to the console.
 *
 * If one of the options `apiKey`, `toolHandlers`, `providers` and `fetch` is set, the handler needs
 * `clientKeys` or `authorize`. Otherwise any client could make calls that the server pays for.
 *
 * If none of these six options is set, the handler uses the client's key as `apiKey`, and the
 * client pays. The client sends its key as `Authorization: Bearer` or `x-api-key`.
 *
 * A request may name models of the default provider and of the providers in `providers`. A built-in
 * provider such as `ollama:` must be listed in `providers`, too. `defaults` and `presets` may name
 * any model.
 *
 * If the handler is called with a `Request`, it never rejects: an error is a response in the
 * endpoint's format. If the handler is called with a URL, it rejects as `fetch` does. After an
 * abort, it rejects with the signal's reason. For a relative URL or an invalid `init`, it rejects
 * with `TypeError`.
 */
export function createHandler(options?: HandlerOptions): Handler;

/**
 * A handler can be a Worker's `fetch`, a route of Hono or Next, or the handler of `Deno.serve` or
 * `Bun.serve`. In the same process, a handler can also be the `fetch` option of an SDK.
 */
export interface Handler {
  (request: Request, ...rest: unknown[]): Promise<Response>;
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** The options of `fuse()`, and the server's own options. */
export interface HandlerOptions
  extends Omit<FusionOptions, "signal" | "onSnapshot" | "clientProviders"> {
  /**
   * The keys of clients. A client sends its key as `Authorization: Bearer ...` or `x-api-key`. Keys
   * are compared in constant time.
   */
  clientKeys?: readonly string[] | undefined;
  /**
   * Decides whether a request may be served. `key` is the client's key.
   *
   * - `true` accepts the request.
   * - `{ id }` accepts the request, and names the client for `keepRuns`.
   * - A `Response` of any class is sent to the client.
   * - For any other value, the client gets 401.
   *
   * Called after `clientKeys` are checked. If the function throws, the client gets 500. It must not
   * read the body.
   */
  authorize?:
    | ((request: Request, key: string | undefined) => Authorization | Promise<Authorization>)
    | undefined;
  /**
   * Stores the paid work of a run, so that a repeated request resumes the run. Default: off.
   *
   * A run is stored if the handler can identify the client, and if the request has
   * `Idempotency-Key` or `x-stainless-retry-count`. The client is identified by the `id` that
   * `authorize` returns. Without an `id`, its key identifies it: a key of `clientKeys`, or the key
   * that pays for the calls.
   *
   * A repeated request has the same `Idempotency-Key`. A request also counts as repeated if it has
   * the same body and an `x-stainless-retry-count` above 0. A repeated request gets the answer of a
   * completed run, or resumes a failed run. If the first request is still running, the repeated
   * request gets 409. If the same `Idempotency-Key` comes with another body, the client gets 422.
   * If the store fails, the request continues, and the error is reported to `onError`.
   */
  keepRuns?: KeepRunsOptions | undefined;
  /**
   * Declares that your `fetch` adds no key and calls no private server, so that clients pay with
   * their own keys. Without this option, a handler with its own `fetch` needs `clientKeys` or
   * `authorize`, because such a `fetch` may spend your money. Not allowed together with them.
   */
  passThrough?: boolean | undefined;
  /**
   * Default fields for requests, such as the panel, models and timeouts. If a request names a
   * preset, the preset replaces the panel and the models of `defaults`.
   */
  defaults?: Omit<FusionRequestFields, "convene" | "max_cost"> | undefined;
  /**
   * Fields of llm-fuse that clients may set in the plugin or the tool `fusion`: `criteria`
   * (`analyst.criteria`), `quorum`, `escalate` and `verify` (`analyst.verify`). A client's field
   * replaces the field of `defaults`. If a request has one of these fields and `clientMay` does not
   * name it, the request is refused, and the error names the field. Default: none.
   */
  clientMay?: readonly ("criteria" | "quorum" | "escalate" | "verify")[] | undefined;
  /**
   * The cost limit of a request in USD, above 0 and finite. As for the `max_cost` of a run, each
   * model needs a price. A run that reaches the limit fails with status 402.
   */
  max_cost?: number | undefined;
  /**
   * Largest body of a request, in bytes. A larger body is answered with 413. Default 10,000,000.
   */
  maxBodyBytes?: number | undefined;
  /**
   * Maximum time for a request's body to arrive completely, in milliseconds. After this time, the
   * body is cancelled, and the client receives status 408. Default 60,000.
   */
  bodyTimeoutMs?: number | undefined;
  /**
   * Streams the progress of the panel and the analyst as reasoning, so that clients show something
   * before the writer answers. Default `false`. A request can override this option with the header
   * `x-llm-fuse-progress`, whose values are those of this option.
   *
   * In Chat Completions, the progress is in `delta.reasoning`, or in `delta.reasoning_content` if
   * the value is `"reasoning_content"`. In Responses, it is the summary of a reasoning item. In
   * Messages, it is a thinking block without a signature, if the request asks for thinking.
   *
   * Only streams contain the progress. If a client sends the progress back in its next request, the
   * handler removes it.
   */
  progress?: boolean | "reasoning" | "reasoning_content" | undefined;
  /** Origins whose pages may call the handler, such as `https://app.example`. Default: none. */
  cors?: { origins: "*" | readonly string[] } | undefined;
  /**
   * Called with every error that a client receives, for example to log it. If a run failed, `error`
   * is a `FusionError`. The error contains no key.
   */
  onError?: ((error: ErrorData & { cause?: unknown }, info: ErrorInfo) => void) | undefined;
}

/** What `authorize` returns. */
export type Authorization =
  | boolean
  | Response
  | {
      /** Names the client for `keepRuns`. Two clients must not have the same id. */
      id: string;
    };

/** The store of `keepRuns`, and the time for which it keeps a run. */
export interface KeepRunsOptions {
  /** {@link createMemoryStore}, or a store of your own. */
  store: RunStore;
  /** How long a run is kept after its last change, in milliseconds. Default 600,000. */
  ttlMs?: number | undefined;
}

/**
 * A store for the runs of `keepRuns`. Its methods may return promises. If a method takes longer
 * than 5 s, it counts as failed.
 *
 * A key of the store is a hash. A value is JSON with the question and the answers of a run, and
 * contains no API keys. Only the handler may write values, because it resumes runs from them.
 */
export interface RunStore {
  /** Returns the value of a key. Returns `undefined` or `null` if it is missing or has expired. */
  get(key: string): string | null | undefined | PromiseLike<string | null | undefined>;
  /**
   * Stores a value. If `info.previous` is present and is not the current value, stores nothing and
   * returns `false`. Any other result means that the value is stored.
   */
  put(key: string, value: string, info: RunStoreInfo): unknown;
  /** Deletes a value, if there is one. */
  delete(key: string): unknown;
}

/** Information about a value that is stored. */
export interface RunStoreInfo {
  /** The time from which the value must not be returned, in milliseconds since 1970. */
  expires: number;
  /**
   * The value that the key must have now. `null` means that the key must have no value. If the
   * current value is different, `put` must not store anything.
   *
   * A store that cannot compare and store in one step may ignore this field. Then both of two
   * repeated requests may run, if they arrive in two processes at the same moment.
   */
  previous?: string | null | undefined;
}

/**
 * Returns a store in the memory of this process. If the store is full, it drops the oldest values.
 *
 * @param options.maxEntries Maximum number of values. Default 1,000.
 * @param options.maxBytes Maximum size of all values together, in bytes. Each character counts as
 *   two bytes. Default 100,000,000.
 */
export function createMemoryStore(options?: {
  maxEntries?: number | undefined;
  maxBytes?: number | undefined;
}): RunStore;

/** Information about the request that failed. */
export interface ErrorInfo {
  /** `chat/completions`, `responses`, `messages` or `models`. `undefined` for any other path. */
  endpoint: string | undefined;
  /** The header `x-generation-id` of the response. */
  generation_id: string;
  /**
   * The HTTP status of the error. If a stream fails after its start, the client has already
   * received status 200, and the stream contains this status. If the store of `keepRuns` fails, the
   * status is 500, and the client does not see it.
   */
  status: number;
}
