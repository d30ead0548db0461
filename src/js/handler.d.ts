/**
 * llm-fuse/handler: a fusion as an endpoint for software that is written for OpenRouter, OpenAI or
 * Anthropic.
 */

import type { FusionOptions, FusionRequestFields } from "./index.js";
import type { ErrorData } from "./output.js";

/**
 * Returns a handler for `POST .../chat/completions`, `.../responses` and `.../messages`, streaming
 * or not, and for `GET .../models`. It answers as OpenRouter does for `openrouter/fusion`. It
 * checks only the end of a path, so it can be mounted anywhere.
 *
 * Throws `TypeError` if an option is wrong. Errors that only the core can find are reported at the
 * first request: to `onError`, or once to the console.
 *
 * With `apiKey`, `toolHandlers`, `providers` or `fetch`, the handler needs `clientKeys` or
 * `authorize`, because any client could use what the server pays for. Without any of these six
 * options, the handler forwards the client's key (`Authorization: Bearer` or `x-api-key`) as
 * `apiKey`, and the client pays.
 *
 * A request may name models of the default provider and of the providers in `providers`. A built-in
 * provider such as `ollama:` must be listed in `providers`, too. `defaults` and `presets` may name
 * any model.
 *
 * If the handler is called with a `Request`, it never rejects: an error is a response in the
 * endpoint's format. If it is called with a URL, it rejects as `fetch` does: with the signal's
 * reason after an abort, and with `TypeError` for a relative URL or an invalid `init`.
 */
export function createHandler(options?: HandlerOptions): Handler;

/**
 * A Worker's `fetch`, a route of Hono or Next, or the handler of `Deno.serve` or `Bun.serve`. In
 * the same process, it is also the `fetch` option of an SDK.
 */
export interface Handler {
  (request: Request, ...rest: unknown[]): Promise<Response>;
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** The options of `fuse()`, and the server's own options. */
export interface HandlerOptions
  extends Omit<FusionOptions, "signal" | "onSnapshot" | "clientProviders"> {
  /**
   * The keys of clients. Clients send them as `Authorization: Bearer ...` or `x-api-key`. The
   * comparison takes constant time.
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
   * A run is kept if the handler can identify the client, and if the request has `Idempotency-Key`
   * or `x-stainless-retry-count`. The client is identified by the `id` of `authorize`. Without an
   * `id`, it is identified by its key in `clientKeys`, or by the key with which it pays.
   *
   * A repeated request has the same `Idempotency-Key`, or an `x-stainless-retry-count` above 0 and
   * the same body. It gets the answer of a completed run, or resumes a failed run. If the first
   * request is still running, the repeated request gets 409. If the same `Idempotency-Key` comes
   * with another body, the client gets 422. If the store fails, the request continues, and the
   * error is reported to `onError`.
   */
  keepRuns?: KeepRunsOptions | undefined;
  /**
   * Declares that `fetch` adds no key and reaches no private server, so that clients pay with their
   * own keys. Not allowed together with `clientKeys` or `authorize`.
   */
  passThrough?: boolean | undefined;
  /**
   * Default fields for requests, such as the panel, models and timeouts. If a request names a
   * preset, the preset overrides the panel and the models given here.
   */
  defaults?: Omit<FusionRequestFields, "convene" | "max_cost"> | undefined;
  /**
   * Fields of llm-fuse that clients may set in the plugin or the tool `fusion`: `criteria`
   * (`analyst.criteria`), `quorum`, `escalate` and `verify` (`analyst.verify`). A client's field
   * replaces that of `defaults`. If a request has one of these fields and this list does not, the
   * request is refused, and the error names the field. Default: none.
   */
  clientMay?: readonly ("criteria" | "quorum" | "escalate" | "verify")[] | undefined;
  /**
   * The limit of a request's cost in USD, above 0 and finite. Needs prices, like `max_cost` of a
   * request. A run that reaches the limit fails with status 402.
   */
  max_cost?: number | undefined;
  /**
   * Largest body of a request, in bytes. A larger body is answered with 413. Default 10,000,000.
   */
  maxBodyBytes?: number | undefined;
  /**
   * Maximum time for a request's body to arrive completely, in milliseconds. If it takes longer,
   * the body is cancelled, and the client receives a 408. Default 60,000.
   */
  bodyTimeoutMs?: number | undefined;
  /**
   * Streams the progress of panel and analyst as reasoning, so that clients show something before
   * the writer answers. Default `false`. The request's header `x-llm-fuse-progress` overrides this
   * option, with the same values.
   *
   * In Chat Completions, the progress is in `delta.reasoning`, or in `delta.reasoning_content` if
   * the value is `"reasoning_content"`. In Responses, it is the summary of a reasoning item. In
   * Messages, it is a thinking block without a signature, if the request asks for thinking. Only
   * streams contain the progress. If a client sends it back, the handler drops it.
   */
  progress?: boolean | "reasoning" | "reasoning_content" | undefined;
  /** Origins whose pages may call the handler, such as `https://app.example`. Default: none. */
  cors?: { origins: "*" | readonly string[] } | undefined;
  /**
   * Called with every error that a client receives, for logs. `error` is a `FusionError` if a run
   * failed. It contains no key.
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

/** The store of the kept runs, and the time for which they are kept. */
export interface KeepRunsOptions {
  /** {@link createMemoryStore}, or a store of your own. */
  store: RunStore;
  /** How long a run is kept after its last change, in milliseconds. Default 600,000. */
  ttlMs?: number | undefined;
}

/**
 * A store of runs. Its methods may return promises. A method that takes longer than 5 s counts as
 * failed.
 *
 * A store's key is a hash. A value is JSON with the question and the answers of a run. It contains
 * no API keys. Allow only the handler to write values, because runs are resumed from them.
 */
export interface RunStore {
  /** Returns the value of a key. Returns `undefined` or `null` if it is missing or has expired. */
  get(key: string): string | null | undefined | PromiseLike<string | null | undefined>;
  /**
   * Stores a value. Returns `false` if `info.previous` is present and is not the current value.
   * Any other result means that the value is stored.
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
   * current value is different, `put` must not store anything. A store that cannot compare and
   * store in one step may ignore this field. Then two repeated requests that arrive in two
   * processes at the same moment may both run.
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
   * The status of the error. If a stream fails after its start, the client has already received
   * status 200. This status is then in the stream. A failure of the store of `keepRuns` has status
   * 500, and the client does not see it.
   */
  status: number;
}
