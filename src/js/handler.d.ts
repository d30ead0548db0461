/**
 * llm-fuse/handler: fusion as an endpoint that software written for OpenRouter, OpenAI or Anthropic can call.
 */

import type { FusionOptions, FusionRequest } from "./index.js";
import type { ErrorData } from "./output.js";

/**
 * Answers `POST .../chat/completions`, `.../responses` and `.../messages`, streaming and not, and `GET .../models`, as OpenRouter does for
 * `openrouter/fusion`. Paths count by their end, so it can be mounted anywhere.
 *
 * Throws `TypeError` at once for options that are wrong, above all for what is the server's own and anybody could use: with `apiKey`,
 * `toolHandlers`, `providers` or `fetch`, it wants `clientKeys` or `authorize`. Without any of these the client's own key
 * (`Authorization: Bearer` or `x-api-key`) is passed on as `apiKey`, and the client pays.
 *
 * The models that a request names are asked at the default provider and at those in `providers`; a built-in one, such as `ollama:`, is to be
 * listed there. What `defaults` and `presets` name is the server's to choose.
 *
 * Given a `Request` it never rejects: what goes wrong is a response in the endpoint's own shape. Called as a `fetch`, with a URL, it also rejects
 * as a `fetch` does: with the signal's reason once that is aborted, and with `TypeError` for a relative URL or an `init` that is none.
 */
export function createHandler(options?: HandlerOptions): Handler;

/** A Worker's `fetch`, a route of Hono or Next, `Deno.serve`, `Bun.serve`; or, in process, the `fetch` option of an SDK. */
export interface Handler {
  (request: Request, ...rest: unknown[]): Promise<Response>;
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** Those of `fuse()`, and what a server needs beside them. */
export interface HandlerOptions extends Omit<FusionOptions, "signal" | "onSnapshot"> {
  /** Who may call: keys that clients send as `Authorization: Bearer ...` or `x-api-key`. Compared in constant time. */
  clientKeys?: string[];
  /** Who may call, by your own rule: `true` lets a request in, a `Response` answers it, anything else is 401. `key` is what the client sent.
   *  With `clientKeys` it is asked after them. If it throws, the client gets 500. The body is not its to read. */
  authorize?: (request: Request, key: string | undefined) => boolean | Response | Promise<boolean | Response>;
  /** `fetch` adds no key and reaches nothing of the server's: clients pay, though there is a `fetch`. Not with `clientKeys` or `authorize`. */
  passThrough?: boolean;
  /** What a request to `openrouter/fusion` leaves open: the panel, the models, time limits and so on. A preset that the request names comes
   *  before the panel and the models given here. */
  defaults?: Omit<FusionRequest, "prompt" | "messages" | "resume" | "convene" | "max_cost">;
  /** In USD, above 0: what one request may cost. Finite. Needs prices, as `max_cost` of a request does; a run that reaches it fails with 402. */
  max_cost?: number;
  /** Largest body of a request, in bytes. Default 10,000,000; beyond it, 413. */
  maxBodyBytes?: number;
  /** Cross-origin requests of pages. Default: none are allowed. Origins are such as `https://app.example`. */
  cors?: { origins: "*" | string[] };
  /** Told of every refusal and failure that a client sees, for logs. `error` is a `FusionError` where a run failed; no key is in it. */
  onError?: (error: ErrorData & { cause?: unknown }, info: ErrorInfo) => void;
}

/** What `onError` is told beside the error. */
export interface ErrorInfo {
  /** `chat/completions`, `responses`, `messages`, `models`, or nothing where the path is none of them. */
  endpoint: string | undefined;
  /** As in the header `x-generation-id` of the response. */
  generation_id: string;
  /** What the client got; 200 was already out where a stream failed later, and this is the status it tells of. */
  status: number;
}
