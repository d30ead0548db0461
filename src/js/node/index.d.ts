/**
 * llm-fuse/node: handlers and runs for servers with Node's `(req, res)`: Express, Fastify, plain
 * `http` and `http2`. Contains no core. Its types need neither Node's nor the servers' types.
 */

import type { FusionRun } from "../index.js";

/**
 * Returns a handler of a server for a handler of a `Request`, such as that of `createHandler()`.
 *
 * - The request's `signal` aborts when the client leaves before the end of the response.
 * - The response is written as fast as the client reads.
 * - A body that `express.json()` or Fastify has parsed is written as JSON again. Mount the handler
 *   before the parser to keep its numbers exact.
 * - Headers that a middleware has set are kept, unless the response has them.
 *
 * If the handler rejects, Express gets the error by `next(error)`, and Fastify as a rejection.
 * Plain `http` answers 500.
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
 * Writes the events of a run to a response, as server-sent events for `fromResponse()`. Starts the
 * run. Resolves with whether everything was written before the client left. Rejects with
 * `TypeError` if the run already has a reader, or if an option is wrong.
 *
 * A failed run is no rejection: its last event says so.
 */
export function pipeRun(
  run: FusionRun,
  res: NodeResponse,
  options?: PipeRunOptions,
): Promise<boolean>;

/** Options of {@link pipeRun}. */
export interface PipeRunOptions {
  /**
   * What happens if the client leaves before the end. `"stop"` (the default) cancels the run, also
   * if `result()` was called. `"continue"` lets the run go on: `run.result()` has its result.
   */
  onClose?: "stop" | "continue" | undefined;
}

/** What a request of Node, Express and Fastify have in common. */
export interface NodeRequest {
  /** Such as `POST`. */
  readonly method?: string | undefined;
  /** The path and the query. */
  readonly url?: string | undefined;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The response of Node or Express, or the reply of Fastify. */
export type NodeResponse = NodeServerResponse | FastifyReplyLike;

/** What Node's `ServerResponse` is, as far as it is used here. */
export interface NodeServerResponse {
  /** The status that is sent. */
  statusCode: number;
  /** The text beside the status. HTTP/2 has none. */
  statusMessage: string;
  /** Whether the headers have been sent. */
  readonly headersSent: boolean;
  /** Whether everything has been handed to the operating system. */
  readonly writableFinished: boolean;
  /** Whether the response can no longer be written. */
  readonly destroyed: boolean;
  /** Whether `close` has been emitted. */
  readonly closed?: boolean;
  /** Returns a header that is set. */
  getHeader(name: string): any;
  /** Sets a header. */
  setHeader(name: string, value: any): unknown;
  /** Sends the headers before the body. */
  flushHeaders?(): void;
  /** Writes a chunk. Returns `false` until `drain`, if the client reads too slowly. */
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

/** What Fastify's reply is, as far as it is used here. */
export interface FastifyReplyLike {
  /** Node's response. */
  readonly raw: NodeServerResponse;
  /** Tells Fastify that the reply is sent without it. */
  hijack(): unknown;
  /** Returns the headers that plugins have set. */
  getHeaders(): Record<string, any>;
}
