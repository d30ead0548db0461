/// <reference lib="esnext.disposable" />

/**
 * llm-fuse: a panel of models answers in parallel, an analyst compares the answers, and a writer
 * writes the final answer.
 *
 * Data fields are `snake_case`, with OpenRouter's names. Methods, and options that are not JSON
 * data, are `camelCase`. A minor version may add event types, error codes and warning codes, so a
 * `switch` needs a `default`.
 */

import type { FusionOptions } from "./fusion-options.js";
import type { Estimate, FusionEvent, FusionResult, FusionSnapshot } from "./output.js";
import type { ChatMessage, FusionRequest } from "./request.js";

export * from "./fusion-options.js";
export * from "./output.js";
export * from "./request.js";

/**
 * Creates a run. The run starts when it is first iterated, when `result()` or `toReadableStream()`
 * is called, or when the body of `toResponse()` is read.
 *
 * This function never throws. If the request is invalid, the first use of the run fails with a
 * {@link FusionError} that names the field.
 */
export function fuse<const Messages extends readonly ChatMessage[]>(
  request: string | FusionRequest<Messages>,
  options?: FusionOptions,
): FusionRun;

/**
 * Compiles the WebAssembly core before the first run. A call is optional, because the first run
 * compiles the core if necessary.
 * @param source the core as bytes, as a module or as a response, if your code loads the core
 */
export function init(
  source?: WasmModule | ArrayBuffer | ArrayBufferView | Response | PromiseLike<Response>,
): Promise<void>;

/**
 * Estimates the cost of a run before it starts. If the run would fail because of the request or the
 * options, rejects with the same error.
 *
 * Prices come from `options.prices`. For OpenRouter, missing prices come from one request, `GET
 * {baseURL}/models`. For a resumed run, the estimate does not include finished calls.
 */
export function estimate<const Messages extends readonly ChatMessage[]>(
  request: string | FusionRequest<Messages>,
  options?: FusionOptions,
): Promise<Estimate>;

/**
 * Reads a run that a server executes. The server answers with `run.toResponse({ request })`.
 * Events, errors and the result are those of the server's run. The page needs neither the key nor
 * the WebAssembly core.
 * If the server refuses the request, the run fails with a {@link FusionError}.
 *
 * `break` and `cancel()` close the connection. `cancelPanelist()`, `retryPanelist()` and
 * `proceed()` return `false`, because only the server can control the run. A `snapshot()` contains
 * the data received so far, and cannot be resumed.
 *
 * @param options.reconnect opens a new connection. It is called if the connection breaks before the
 *   run has ended, or receives nothing for 45 s, not even a keep-alive comment. It gets the `seq`
 *   of the last event, or `"0"` before the first event. Send this value as `Last-Event-ID`. Events
 *   that arrive twice are dropped. If events are missing, the run fails.
 *
 *   The first reconnect waits about 0.5 s. Later delays grow to 10 s. A field `retry:` in the
 *   stream replaces these delays, up to one hour. An attempt may take 45 s. After 10 consecutive
 *   attempts without an event, the run fails.
 */
export function fromResponse(
  response: Response | PromiseLike<Response>,
  options?: {
    reconnect?: ((lastEventId: string) => Response | PromiseLike<Response>) | undefined;
  },
): FusionRun;

/**
 * A run. A run has only one reader. A second iterator, or `toReadableStream()` in addition to an
 * iterator, throws `TypeError`.
 *
 * A run is not a promise and does not have the fields of its result: use `await run.result()`. Its
 * methods need no `this`, so `const { result } = run` works. A run also works behind a Proxy, such
 * as Vue's `ref(run)`.
 */
export interface FusionRun extends AsyncIterable<FusionEvent>, AsyncDisposable {
  /** Returns the iterator. `break` cancels the run, unless `result()` was called. */
  [Symbol.asyncIterator](): FusionIterator;
  /** Cancels the run, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * Returns a promise of the result. Starts the run, so nothing needs to read its events. May be
   * called before, during or after iteration.
   */
  result(): Promise<FusionResult>;
  /**
   * Cancels the run and closes every open connection. The iterator and `result()` then fail with
   * code `cancelled`, and the error's `cause` is `reason`.
   */
  cancel(reason?: unknown): void;
  /**
   * Cancels one panelist. The panelist fails with code `cancelled`. Returns `false` if the panelist
   * is not running. Throws `TypeError` if the index is not an integer from 0.
   */
  cancelPanelist(index: number): boolean;
  /**
   * Restarts a failed or running panelist, as long as any panelist is running. The restart has the
   * next attempt number. The first restart has no delay. Later restarts wait 0.5 s, 1 s and so on,
   * up to 30 s. A restart during the delay has no effect.
   *
   * Returns `false` if the panelist cannot restart, for example because its answer is complete.
   * Throws `TypeError` if the index is not an integer from 0.
   */
  retryPanelist(index: number): boolean;
  /**
   * Continues with the finished work. If a panelist has answered, the running panelists fail with
   * code `cancelled`. If the analyst is running, its analysis is dropped, and the writer uses the
   * answers. If contradictions are being checked, the open checks fail with code `cancelled`.
   *
   * Returns `false` if nothing is running that can be skipped, or if too few panelists have
   * answered.
   */
  proceed(): boolean;
  /** Returns the state of the run. May be called at any time, also after the end. */
  snapshot(): FusionSnapshot;
  /** @deprecated A run has no such field. Reading throws `TypeError`. Use `await run.result()`. */
  readonly answer?: never;
  /** @deprecated A run has no such field. Reading throws `TypeError`. Use `await run.result()`. */
  readonly analysis?: never;
  /** @deprecated A run has no such field. Reading throws `TypeError`. Use `await run.result()`. */
  readonly usage?: never;
  /** @deprecated A run has no such field. Reading throws `TypeError`. Use `await run.result()`. */
  readonly responses?: never;
  /**
   * Returns the events as server-sent events. `id:` contains the event's `seq`, and `data:`
   * contains the event as JSON. If there is no event for 5 s, a comment is sent.
   */
  toReadableStream(): ReadableStream<Uint8Array>;
  /**
   * Returns a Response with the events, for `fromResponse()` or an `EventSource` in a page. The run
   * starts when the body is read. If the client disconnects, the run ends, unless `result()` was
   * called.
   *
   * An `EventSource` reconnects after every end of a stream, and each reconnect would start another
   * run that costs money. Therefore, if `request` has `Last-Event-ID`, the response has status 204,
   * which stops the reconnects. The run is then cancelled before it has made a call.
   *
   * The response to a `HEAD` request has no body. The run is cancelled before it has made a call.
   *
   * Throws `TypeError` for an unknown option, for a `status` whose response has no body (204, 205,
   * 304), or if the run already has a reader.
   */
  toResponse(options?: RunResponseOptions): Response;
}

/** Options of `run.toResponse()`. */
export interface RunResponseOptions {
  /** The client's request. If its `signal` aborts, the client has disconnected. */
  request?:
    | {
        readonly headers:
          | { get(name: string): string | null }
          | { readonly [name: string]: string | string[] | undefined };
        readonly signal?: AbortSignal | null | undefined;
        readonly method?: string | undefined;
      }
    | undefined;
  /**
   * Headers of the response. They override the default headers, which are `content-type`,
   * `cache-control: no-cache, no-transform` and `x-accel-buffering: no`.
   */
  headers?: RequestInit["headers"] | undefined;
  /**
   * The status of the response. Default 200. `fromResponse()` and an `EventSource` accept no other
   * status.
   */
  status?: number | undefined;
}

/** The iterator of a run. `return()` takes effect immediately, even while a `next()` is pending. */
export interface FusionIterator extends AsyncIterableIterator<FusionEvent, undefined, undefined> {
  next(): Promise<IteratorResult<FusionEvent, undefined>>;
  return(): Promise<IteratorResult<FusionEvent, undefined>>;
}

/**
 * `WebAssembly.Module` if the program's types include it, otherwise `object`. Node's types do not
 * include it.
 */
export type WasmModule = typeof globalThis extends {
  WebAssembly: { Module: { prototype: infer M } };
}
  ? M
  : object;
