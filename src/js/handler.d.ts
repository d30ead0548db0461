/**
 * llm-fuse/handler: a fusion as an endpoint for software that is written for OpenRouter, OpenAI or
 * Anthropic.
 */

import type { FusionOptions, FusionRequestFields } from "./index.js";
import type { ErrorData } from "./output.js";

/**
 * Returns a handler for `POST .../chat/completions`, `.../responses` and `.../messages`, streaming
 * or not, and for `GET .../models`. It answers as OpenRouter does for `openrouter/fusion`. Only the
 * end of a path counts, so the handler can be mounted anywhere.
 *
 * Throws `TypeError` if an option is wrong. With `apiKey`, `toolHandlers`, `providers` or `fetch`,
 * the handler needs `clientKeys` or `authorize`, because any client could use what the server pays
 * for. Without any of these six options, the handler forwards the client's key (`Authorization:
 * Bearer` or `x-api-key`) as `apiKey`, and the client pays.
 *
 * A request may name models of the default provider and of those in `providers`. A built-in
 * provider such as `ollama:` must be listed there. `defaults` and `presets` may name any model.
 *
 * With a `Request` the handler never rejects: an error is a response in the endpoint's format. With
 * a URL it rejects as `fetch` does: with the signal's reason after an abort, and with `TypeError`
 * for a relative URL or a wrong `init`.
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

/** The options of `fuse()`, and those of a server. */
export interface HandlerOptions
  extends Omit<FusionOptions, "signal" | "onSnapshot" | "clientProviders"> {
  /**
   * Keys of clients, which send them as `Authorization: Bearer ...` or `x-api-key`. Compared in
   * constant time.
   */
  clientKeys?: readonly string[] | undefined;
  /**
   * Decides whether a request may be served. `true` allows it, a `Response` of any class answers
   * it, and any other value is a 401. `key` is the client's. Called after `clientKeys` are
   * checked. If it throws, the client gets a 500. It must not read the body.
   */
  authorize?:
    | ((
        request: Request,
        key: string | undefined,
      ) => boolean | Response | Promise<boolean | Response>)
    | undefined;
  /**
   * Declares that `fetch` adds no key and reaches no private server, so that clients pay with their
   * own keys. Not with `clientKeys` or `authorize`.
   */
  passThrough?: boolean | undefined;
  /**
   * Fields that a request for `openrouter/fusion` does not have, such as panel, models and
   * timeouts. If a request names a preset, the preset overrides the panel and the models given
   * here.
   */
  defaults?: Omit<FusionRequestFields, "convene" | "max_cost"> | undefined;
  /**
   * The limit of a request's cost in USD, above 0 and finite. Needs prices, as `max_cost` of a
   * request does. A run that reaches it fails with status 402.
   */
  max_cost?: number | undefined;
  /** Largest body of a request, in bytes. A larger one is a 413. Default 10,000,000. */
  maxBodyBytes?: number | undefined;
  /**
   * Time for a request's body to arrive completely, in milliseconds. A body that takes longer is
   * cancelled, and the client gets a 408. Default 60,000.
   */
  bodyTimeoutMs?: number | undefined;
  /** Origins whose pages may call the handler, such as `https://app.example`. Default: none. */
  cors?: { origins: "*" | readonly string[] } | undefined;
  /**
   * Called with every error that a client gets, for logs. `error` is a `FusionError` if a run
   * failed. It contains no key.
   */
  onError?: ((error: ErrorData & { cause?: unknown }, info: ErrorInfo) => void) | undefined;
}

/** The request of an error. */
export interface ErrorInfo {
  /** `chat/completions`, `responses`, `messages` or `models`. `undefined` for any other path. */
  endpoint: string | undefined;
  /** The header `x-generation-id` of the response. */
  generation_id: string;
  /**
   * The status of the error. If a stream fails after its start, the client has received status 200,
   * and this status is in the stream.
   */
  status: number;
}
