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
 * Throws `TypeError` if an option is invalid. With `apiKey`, `toolHandlers`, `providers` or
 * `fetch`, the handler needs `clientKeys` or `authorize`. Otherwise any client could run calls at
 * the server's expense. Without any of these six options, the handler forwards the client's key
 * (`Authorization: Bearer` or `x-api-key`) as `apiKey`, and the client pays.
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
   * Decides whether a request may be served. `true` allows the request. A `Response` becomes the
   * answer, and any other value a 401. `key` is the client's key. Called after `clientKeys` are
   * checked. If the function throws, the client receives a 500. It must not read the body.
   */
  authorize?:
    | ((
        request: Request,
        key: string | undefined,
      ) => boolean | Response | Promise<boolean | Response>)
    | undefined;
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
  /** Origins whose pages may call the handler, such as `https://app.example`. Default: none. */
  cors?: { origins: "*" | readonly string[] } | undefined;
  /**
   * Called with every error that a client receives, for logs. `error` is a `FusionError` if a run
   * failed. It contains no key.
   */
  onError?: ((error: ErrorData & { cause?: unknown }, info: ErrorInfo) => void) | undefined;
}

/** Information about the request that failed. */
export interface ErrorInfo {
  /** `chat/completions`, `responses`, `messages` or `models`. `undefined` for any other path. */
  endpoint: string | undefined;
  /** The header `x-generation-id` of the response. */
  generation_id: string;
  /**
   * The status of the error. If a stream fails after its start, the client has already received
   * status 200. This status is then in the stream.
   */
  status: number;
}
