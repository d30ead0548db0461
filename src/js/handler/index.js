// createHandler(): serves requests. This file has routing, limits and errors. Other files
// authenticate, build the FusionRequest, and encode the response.

import { randomHex } from "../bytes.js";
import { isFusionError } from "../errors.js";
import { ApiError, errorBody, toClientError } from "./api-error.js";
import { createAuth } from "./auth.js";
import { discard, readJson } from "./body.js";
import { buildRequest } from "./build-request.js";
import * as chatEncode from "./chat/encode.js";
import * as chatRead from "./chat/read.js";
import { createCors } from "./cors.js";
import * as messagesEncode from "./messages/encode.js";
import * as messagesRead from "./messages/read.js";
import { listModels } from "./models.js";
import { jsonResponse, streamResponse } from "./respond.js";
import * as responsesEncode from "./responses/encode.js";
import * as responsesRead from "./responses/read.js";
import { isObject } from "./values.js";

/**
 * @typedef {import("../handler.js").HandlerOptions} HandlerOptions
 *
 * @typedef {object} Endpoint
 * @property {(body: any, headers: Headers) => import("./build-request.js").Params} read
 * @property {new (
 *   params: any,
 *   meta: { id: string, created: number },
 * ) => import("./respond.js").ResponseEncoder} Encoder
 * @property {(error: import("./api-error.js").ClientError, id: string) => object} errorBody
 */

/** @type {Record<string, Endpoint>} */
const ENDPOINTS = {
  "chat/completions": { ...chatRead, ...chatEncode },
  responses: { ...responsesRead, ...responsesEncode },
  messages: { ...messagesRead, ...messagesEncode },
};
/** Options that only the handler has. */
const HANDLER_OPTIONS = [
  "authorize",
  "clientKeys",
  "cors",
  "defaults",
  "maxBodyBytes",
  "bodyTimeoutMs",
  "max_cost",
  "onError",
  "passThrough",
];
/** Options of `fuse()`. */
const FUSE_OPTIONS = [
  "apiKey",
  "baseURL",
  "providers",
  "fetch",
  "toolHandlers",
  "app",
  "prices",
  "presets",
  "limits",
];
/** Matches a message of the core about its options, which the client does not control. */
const ABOUT_OPTIONS = new RegExp(`^\`(?:${FUSE_OPTIONS.join("|")})\\b`);
/** The end of the core's message about a provider that the client may not name. */
const NOT_SERVED = "`, which is not served here";
const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // Proxies must not cache, compress or buffer the stream.
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/**
 * Returns `createHandler` for the core of an entry.
 * @param {typeof import("../index.js").fuse} fuse
 * @returns {typeof import("../handler.js").createHandler}
 */
export function createHandlerFactory(fuse) {
  return function createHandler(options = {}) {
    checkOptions(options);
    /** @type {any} */
    const fuseOptions = Object.fromEntries(
      Object.entries(options).filter(([name]) => FUSE_OPTIONS.includes(name)),
    );
    const server = {
      fuse,
      options,
      fuseOptions,
      auth: createAuth(options),
      allowedProviders: Object.keys(options.providers ?? {}),
      cors: createCors(options.cors),
      maxBodyBytes: options.maxBodyBytes ?? 10_000_000,
      bodyTimeoutMs: options.bodyTimeoutMs ?? 60_000,
    };

    /** @param {any} input @param {any} [init] @param {any} [context] of a Worker's request */
    return async function handle(input, init, context) {
      // As a `fetch`, it is called with a URL and an `init`. As a Worker's handler, it is called
      // with a request and other values, which are not an `init`.
      const isFetch = typeof input === "string" || input instanceof URL;
      const request = isFetch ? new Request(input, init) : input;
      return await new Exchange(server, request, isFetch, context).respond();
    };
  };
}

/**
 * @typedef {object} Server
 * @property {typeof import("../index.js").fuse} fuse
 * @property {HandlerOptions} options
 * @property {any} fuseOptions
 * @property {import("./auth.js").Auth} auth
 * @property {string[]} allowedProviders the providers that a client may name
 * @property {import("./cors.js").Cors} cors
 * @property {number} maxBodyBytes
 * @property {number} bodyTimeoutMs
 */

/** One request and its response. */
class Exchange {
  #server;
  #request;
  #isFetch;
  #context;
  /** The endpoint's name, if the path ends with a known one. */
  #name;
  /** @type {Endpoint | undefined} */
  #endpoint;
  #id = `gen-${randomHex(16)}`;
  /** Headers of every response. */
  #headers;

  /**
   * @param {Server} server
   * @param {Request} request
   * @param {boolean} isFetch whether the handler is the `fetch` of a client in this process
   * @param {any} context of a Worker's request: `waitUntil()` lets work outlive the response
   */
  constructor(server, request, isFetch, context) {
    this.#server = server;
    this.#request = request;
    this.#isFetch = isFetch;
    this.#context = context;
    this.#name = route(request.url);
    this.#endpoint = this.#name === undefined ? undefined : ENDPOINTS[this.#name];
    this.#headers = { "x-generation-id": this.#id, ...server.cors.headers(request) };
  }

  async respond() {
    try {
      return await this.#serve();
    } catch (error) {
      const { signal } = this.#request;
      if (signal?.aborted) {
        if (this.#isFetch) throw signal.reason;
        // The client has disconnected. nginx uses status 499 for this case.
        return new Response(null, { status: 499 });
      }
      return this.#discardBody(this.#errorResponse(error));
    }
  }

  /**
   * Returns the response immediately. Reads and drops the rest of the client's request.
   * @param {Response} response
   */
  #discardBody(response) {
    const discarded = discard(this.#request);
    this.#context?.waitUntil?.(discarded);
    return response;
  }

  async #serve() {
    const { auth, cors, options } = this.#server;
    const request = this.#request;
    const preflight = cors.preflight(request);
    if (preflight) return preflight;
    if (this.#name === undefined) {
      const message = `there is nothing at ${new URL(request.url).pathname}`;
      throw new ApiError("invalid_model", message, { status: 404 });
    }
    const endpoint = this.#endpoint;
    const method = methodOf(endpoint);
    if (request.method !== method) {
      const message = `${this.#name} takes ${method}, not ${request.method}`;
      throw new ApiError("invalid_request", message, { status: 405 });
    }
    const { response, apiKey } = await auth.authenticate(request);
    if (response) return this.#discardBody(withHeaders(response, this.#headers));
    if (!endpoint) return this.#json(200, listModels(options));
    const params = endpoint.read(await readJson(request, this.#server), request.headers);
    // Use `await`: without it, workerd reports a rejection as unhandled before it is handled.
    return await this.#fuse(endpoint, params, apiKey);
  }

  /**
   * Runs a fusion.
   * @param {Endpoint} endpoint
   * @param {import("./build-request.js").Params} params
   * @param {string | undefined} apiKey of the client
   */
  async #fuse(endpoint, params, apiKey) {
    const { fuse, fuseOptions, options, allowedProviders, auth } = this.#server;
    const { defaults, presets, max_cost } = options;
    const request = this.#request;
    const isNested = isNestedFusion(request);
    const built = buildRequest(params, { defaults, presets, max_cost, isNested });
    const run = fuse(/** @type {any} */ (built.request), {
      ...fuseOptions,
      ...(apiKey !== undefined && { apiKey }),
      // The client chose the models of all other fields. Some built-in providers are servers on
      // this machine.
      clientProviders: { allowed: allowedProviders, except: built.ownFields },
      signal: request.signal,
    });
    const created = Math.floor(Date.now() / 1000);
    const encoder = new endpoint.Encoder(params, { id: this.#id, created });
    const { ownKey } = auth;
    try {
      if (!params.stream) return this.#json(200, await jsonResponse(run, encoder, ownKey));
      const client = { request, isFetch: this.#isFetch, ownKey };
      const body = await streamResponse(run, encoder, client, (error) => this.#report(error));
      return new Response(body, { headers: { ...STREAM_HEADERS, ...this.#headers } });
    } catch (error) {
      throw toRequestError(error, built.rename, auth.forwardsClientKey);
    }
  }

  /** @param {number} status @param {unknown} value @param {Record<string, string>} [headers] */
  #json(status, value, headers) {
    return Response.json(value, { status, headers: { ...this.#headers, ...headers } });
  }

  /**
   * Returns the response for an error. Hides an error that is neither a FusionError nor an
   * ApiError. For example, an error thrown by `authorize` may contain private data.
   * @param {unknown} error
   */
  #errorResponse(error) {
    const isPublic = error instanceof ApiError || isFusionError(error);
    const shown = this.#report(
      isPublic ? error : new ApiError("unexpected_error", "the handler failed", { cause: error }),
    );
    const body = (this.#endpoint?.errorBody ?? errorBody)(shown, this.#id);
    return this.#json(shown.status, body, {
      ...(shown.retry_after !== undefined && { "retry-after": String(shown.retry_after) }),
      ...(shown.status === 405 && { allow: methodOf(this.#endpoint) }),
    });
  }

  /**
   * Reports an error to `onError`, and returns it as the client sees it.
   * @param {any} error
   */
  #report(error) {
    const { auth, options } = this.#server;
    const shown = toClientError(error, auth.ownKey);
    const info = { endpoint: this.#name, generation_id: this.#id, status: shown.status };
    try {
      if (!this.#request.signal?.aborted) options.onError?.(error, info);
    } catch {
      // An error of the logger must not fail the client's request.
    }
    return shown;
  }
}

/**
 * Checks the handler's own options. The core checks those of `fuse()` at the first request.
 * @param {HandlerOptions} options
 */
function checkOptions({ defaults, onError, ...options }) {
  const known = [...HANDLER_OPTIONS, ...FUSE_OPTIONS];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(
      `the handler knows no option \`${unknown}\`; known are ${known.join(", ")}`,
    );
  }
  if (defaults !== undefined && !isObject(defaults)) {
    throw new TypeError("`defaults` must be an object");
  }
  const { max_cost, maxBodyBytes, bodyTimeoutMs } = options;
  for (const [name, value] of Object.entries({ max_cost, maxBodyBytes, bodyTimeoutMs })) {
    // `null` and NaN would disable the limit.
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
      throw new TypeError(`\`${name}\` must be a finite number above 0`);
    }
  }
  if (onError !== undefined && typeof onError !== "function") {
    throw new TypeError("`onError` must be a function");
  }
}

/**
 * Returns a response of `authorize` with the headers of every response.
 * @param {Response} response
 * @param {Record<string, string>} added
 */
function withHeaders({ body, status, statusText, headers: own }, added) {
  // A `Headers` object keeps two cookies apart.
  const headers = new Headers(own);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return new Response(body, { status, statusText, headers });
}

/** @param {Endpoint | undefined} endpoint */
const methodOf = (endpoint) => (endpoint ? "POST" : "GET");

/**
 * Returns the endpoint's name. Checks only the end of the path, so that the handler can be mounted
 * anywhere.
 * @param {string} url
 */
const route = (url) =>
  new URL(url).pathname.match(/\/(chat\/completions|responses|messages|models)\/?$/)?.[1];

/**
 * Returns whether a request comes from a fusion, which must not start another fusion. A header that
 * is not a number counts as a fusion.
 * @param {Request} request
 */
function isNestedFusion({ headers }) {
  const depth = headers.get("x-openrouter-fusion-depth");
  return depth !== null && !(Number(depth) < 1);
}

/**
 * Returns the core's error about the request, with the client's field names.
 * @param {any} error
 * @param {(message: string) => string} rename
 * @param {boolean} forwardsClientKey
 */
function toRequestError(error, rename, forwardsClientKey) {
  if (error?.code !== "invalid_request" || error.status_code !== undefined) return error;
  const { message } = error;
  if (forwardsClientKey && message.startsWith("`apiKey`")) {
    return new ApiError("authentication", "Missing Authentication header");
  }
  if (/^`(?:providers\.[^`]+\.)?apiKey` is missing/.test(message)) {
    const text = "the provider of this model is not set up here";
    return new ApiError("invalid_model", text, { cause: error });
  }
  if (message.endsWith(NOT_SERVED)) return new ApiError("invalid_model", rename(message));
  if (ABOUT_OPTIONS.test(message)) {
    return new ApiError("unexpected_error", "the server is set up wrongly", { cause: error });
  }
  return new ApiError("invalid_request", rename(message));
}
