/**
 * llm-fuse/node serves a handler or a run from a Node server that uses `(req, res)`: Express,
 * Fastify, plain `http` and `http2`. The module does not contain the WebAssembly core. Its types do
 * not import the types of Node, Express or Fastify.
 */

import type { FusionRun } from "../index.js";

/**
 * Turns a function that takes a `Request`, such as the function that `createHandler()` returns,
 * into a handler for a Node server.
 *
 * - If the client disconnects before the end of the response, the request's `signal` aborts. The
 *   signal also aborts if other code, such as a timeout middleware, ends the response.
 * - If the client has disconnected before the call, the function is not called.
 * - The path of `request.url` comes from the request target alone. A `Host` header that is not a
 *   host gets 400. The methods `TRACE` and `CONNECT` get 501.
 * - A response to `HEAD` has no body, and its stream is cancelled.
 * - The response is written only as fast as the client reads.
 * - If `express.json()` or Fastify has parsed the body, the body is serialized as JSON again. To
 *   keep large numbers exact, mount the handler before `express.json()`.
 * - Headers that a middleware has set are kept, unless the response sets the same headers.
 *
 * If the handler rejects, Express gets the error through `next(error)`, and Fastify through a
 * rejected promise. Plain `http` answers with status 500.
 */
export function toNodeHandler(
  handler: (request: Request) => Response | PromiseLike<Response>,
): NodeHandler;

/** A handler of Express or Fastify, or the listener of `http.createServer()`. */
export type NodeHandler = (
  req: NodeRequest,
  res: NodeResponse,
  next?: (error?: any) => void,
) => Promise<void>;

/**
 * Starts a run and writes its events to a response, as server-sent events for `fromResponse()`.
 * Resolves with `true` if all events were written before the client disconnected, else with
 * `false`. Rejects with `TypeError` if the run already has a reader, or if an option is wrong.
 *
 * If the run fails, the promise resolves, and the last event reports the failure. For a `HEAD`
 * request, the run is cancelled before its first call, and the promise resolves with `false`.
 */
export function pipeRun(
  run: FusionRun,
  res: NodeResponse,
  options?: PipeRunOptions,
): Promise<boolean>;

/** Options of {@link pipeRun}. */
export interface PipeRunOptions {
  /**
   * What happens if the client disconnects before the end. With `"stop"` (the default), the run is
   * cancelled, even if `result()` was called. With `"continue"`, the run continues, and
   * `run.result()` returns its result.
   */
  onClose?: "stop" | "continue" | undefined;
}

/** The fields that the requests of Node, Express and Fastify have in common. */
export interface NodeRequest {
  /** The HTTP method, such as `POST`. */
  readonly method?: string | undefined;
  /** The path and the query. */
  readonly url?: string | undefined;
  /** The headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The response of Node or Express, or the reply of Fastify. */
export type NodeResponse = NodeServerResponse | FastifyReplyLike;

/** The members of Node's `ServerResponse` that this module uses. */
export interface NodeServerResponse {
  /** The status that is sent. */
  statusCode: number;
  /** The text after the status code. HTTP/2 has no such text. */
  statusMessage: string;
  /**
   * Whether all data was passed to the operating system. HTTP/2 responses do not have this field.
   */
  readonly headersSent: boolean;
  /** Whether everything has been handed to the operating system. HTTP/2 lacks this field. */
  readonly writableFinished: boolean;
  /** Whether the response can no longer be written. */
  readonly destroyed: boolean;
  /** Whether `close` has been emitted. */
  readonly closed?: boolean;
  /** Whether `end()` has been called. */
  readonly writableEnded?: boolean;
  /** The request. */
  readonly req?: { readonly method?: string | undefined };
  /** The stream of HTTP/2. */
  readonly stream?: {
    readonly closed: boolean;
    readonly destroyed: boolean;
    readonly writableFinished: boolean;
  };
  /** Returns a header that is set. */
  getHeader(name: string): any;
  /** Sets a header. */
  setHeader(name: string, value: any): unknown;
  /** Sends the headers before the body. */
  flushHeaders?(): void;
  /**
   * Writes a chunk. Returns `false` if the buffer is full. The event `drain` reports when it has
   * space.
   */
  write(chunk: any): boolean;
  /** Ends the response. */
  end(chunk?: any): unknown;
  /** Closes the connection. */
  destroy(): unknown;
  /** Adds a listener. */
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Adds a listener for one event. */
  once(event: string, listener: (...args: any[]) => void): unknown;
  /** Removes a listener. */
  off(event: string, listener: (...args: any[]) => void): unknown;
}

/** The members of Fastify's reply that this module uses. */
export interface FastifyReplyLike {
  /** Node's response. */
  readonly raw: NodeServerResponse;
  /** Tells Fastify that other code sends the reply. */
  hijack(): unknown;
  /** Returns the headers that plugins have set. */
  getHeaders(): Record<string, any>;
}
