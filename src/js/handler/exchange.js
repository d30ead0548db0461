// Serves one request and handles its errors. Other files authenticate the client, build the
// FusionRequest and encode the response.

import { randomHex } from "../bytes.js";
import { isFusionError, messageOf } from "../errors.js";
import { EVENT_STREAM_HEADERS } from "../sse-writer.js";
import { ApiError, errorBody, toClientError } from "./api-error.js";
import { withHeaders } from "./authorize-response.js";
import { discard, readJson } from "./body.js";
import { buildRequest } from "./build-request.js";
import { ENDPOINTS, methodsOf, route } from "./endpoints.js";
import { withoutRefused } from "./fit-defaults.js";
import { listModels } from "./models.js";
import { hasPaid } from "./paid.js";
import { isAboutSnapshot, misconfigured, toRequestError } from "./request-error.js";
import { jsonResponse, streamResponse } from "./respond.js";
import { withRestoredAnswer } from "./restored-answer.js";
import { progressField } from "./show-progress.js";
import { omit } from "./values.js";

/**
 * @typedef {import("../handler.js").HandlerOptions} HandlerOptions
 * @typedef {import("./endpoints.js").Endpoint} Endpoint
 */

/** Maximum number of messages on the console, because clients may cause many different messages. */
const MAX_LOGGED = 20;

/**
 * Maximum number of defaults that are dropped for a request: the tools of eight panelists and of
 * the analyst, and the five fields of `DROPPED` in fit-defaults.js.
 */
const MAX_REFUSALS = 14;

/**
 * @typedef {object} Server
 * @property {typeof import("../index.js").fuse} fuse
 * @property {() => Promise<string[]>} findProblems checks the options with the core
 * @property {boolean} isChecked whether {@link findProblems} was called
 * @property {Set<string>} logged messages that were printed on the console, to print each only once
 * @property {HandlerOptions} options
 * @property {any} fuseOptions
 * @property {import("./auth.js").Auth} auth
 * @property {string[]} allowedProviders the providers that a client may name
 * @property {import("./cors.js").Cors} cors
 * @property {import("./kept-runs.js").KeptRuns | undefined} keptRuns
 * @property {number} maxBodyBytes
 * @property {number} bodyTimeoutMs
 */

/** One request and its response. */
export class Exchange {
  #server;
  #request;
  #isFetch;
  #context;
  /** The name of the endpoint, if the path ends with this name. */
  #name;
  /** The endpoint in whose format errors are sent. @type {Endpoint | undefined} */
  #endpoint;
  #id = `gen-${randomHex(16)}`;
  /** Headers of every response. */
  #headers;
  /** @type {import("../index.js").FusionRun | undefined} */
  #run;

  /**
   * @param {Server} server
   * @param {Request} request
   * @param {boolean} isFetch whether the handler is the `fetch` of a client in this process
   * @param {any} context of a Worker's request. Its `waitUntil()` allows work after the response
   */
  constructor(server, request, isFetch, context) {
    this.#server = server;
    this.#request = request;
    this.#isFetch = isFetch;
    this.#context = context;
    const { name, isExact } = route(request.url);
    this.#name = isExact ? name : undefined;
    this.#endpoint = name === undefined ? undefined : ENDPOINTS[name];
    this.#headers = {
      "x-generation-id": this.#id,
      // The clients of OpenAI and Anthropic read the id of a request from these headers.
      "x-request-id": this.#id,
      "request-id": this.#id,
      ...server.cors.headers(request),
    };
  }

  /** Returns the response. The response to `HEAD` is that to `GET` without its body. */
  async respond() {
    const response = await this.#respond();
    if (this.#request.method !== "HEAD") return response;
    // A stream of `authorize` would stay open.
    await response.body?.cancel().catch(() => {});
    return new Response(null, response);
  }

  async #respond() {
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
   * Returns the response at once. Then reads and drops the rest of the request's body.
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
    const methods = methodsOf(endpoint);
    if (!methods.includes(request.method)) {
      const message = `${this.#name} takes ${methods.join(" or ")}, not ${request.method}`;
      throw new ApiError("invalid_request", message, { status: 405 });
    }
    const { response, apiKey, client } = await auth.authenticate(request);
    if (response) return this.#discardBody(await withHeaders(response, this.#headers));
    if (!endpoint) return this.#json(200, listModels(options));
    this.#checkOnce();
    const { text, body } = await readJson(request, this.#server);
    const params = endpoint.read(body, request.headers);
    const kept = await this.#openKept(text, client);
    try {
      // Await the promise here. Otherwise workerd would report a rejection as unhandled, although
      // the `catch` handles it.
      return await this.#fuse(endpoint, params, apiKey, kept);
    } catch (error) {
      kept?.end(this.#run?.snapshot());
      throw error;
    }
  }

  /** Checks the options with the core at the first request, and reports the errors. */
  #checkOnce() {
    const server = this.#server;
    if (server.isChecked) return;
    server.isChecked = true;
    const checked = server.findProblems().then(
      (problems) => {
        for (const problem of problems) this.#report(misconfigured(problem));
      },
      (error) => this.#report(misconfigured(`the options can't be checked: ${messageOf(error)}`)),
    );
    this.#context?.waitUntil?.(checked);
  }

  /**
   * Returns the run that `keepRuns` stores for this request. Returns `undefined` if the request's
   * run is not stored.
   * @param {string} text of the body
   * @param {string | undefined} client
   */
  async #openKept(text, client) {
    const { keptRuns } = this.#server;
    const { headers } = this.#request;
    const endpoint = /** @type {string} */ (this.#name);
    const isNested = isNestedFusion(this.#request);
    const asked = { client, endpoint, isNested, headers, text };
    const kept = await keptRuns?.open(asked, (cause) => {
      const message = `\`keepRuns\`: ${messageOf(cause)}`;
      this.#report(misconfigured(message, new ApiError("unexpected_error", message, { cause })));
    });
    if (kept) this.#context?.waitUntil?.(kept.done);
    return kept;
  }

  /**
   * Makes the run of a request. If `keepRuns` has stored an earlier run, resumes this run. If its
   * snapshot cannot be resumed, starts a new run.
   * @param {Endpoint} endpoint
   * @param {import("./build-request.js").Params} params
   * @param {string | undefined} apiKey of the client
   * @param {import("./kept-runs.js").KeptRun | undefined} kept
   */
  async #fuse(endpoint, params, apiKey, kept) {
    const isNested = isNestedFusion(this.#request);
    const built = buildRequest(params, { ...this.#server.options, isNested });
    const respond = () => {
      const answer = kept?.snapshot?.answer;
      const run = this.#start(built, apiKey, kept);
      return this.#respondWith(endpoint, params, withRestoredAnswer(run, answer), kept);
    };
    for (let refusals = 0; ; refusals++) {
      try {
        return await respond();
      } catch (error) {
        if (kept?.snapshot && isAboutSnapshot(error)) kept.drop(error);
        else if (refusals >= MAX_REFUSALS || !dropRefused(built, error)) {
          throw toRequestError(error, built, this.#server.auth.forwardsClientKey);
        }
      }
    }
  }

  /**
   * @param {ReturnType<typeof buildRequest>} built
   * @param {string | undefined} apiKey of the client
   * @param {import("./kept-runs.js").KeptRun | undefined} kept
   */
  #start({ request, ownFields }, apiKey, kept) {
    const { fuse, fuseOptions, allowedProviders } = this.#server;
    const resume = kept?.snapshot;
    // If the run has finished, resuming it makes no call. Remove `max_cost` from its request,
    // because a cost limit would load the price list.
    const input = resume?.status === "completed" ? finishedRun(resume) : { ...request, resume };
    this.#run = fuse(/** @type {any} */ (input), {
      ...fuseOptions,
      ...(apiKey !== undefined && { apiKey }),
      ...(kept && { onSnapshot: kept.save }),
      // Limit the providers that a client may name, because some built-in providers are servers on
      // this machine.
      clientProviders: { allowed: allowedProviders, except: ownFields },
      signal: this.#request.signal,
    });
    return this.#run;
  }

  /**
   * @param {Endpoint} endpoint
   * @param {import("./build-request.js").Params} params
   * @param {import("./restored-answer.js").Events} run
   * @param {import("./kept-runs.js").KeptRun | undefined} kept
   */
  async #respondWith(endpoint, params, run, kept) {
    const created = Math.floor(Date.now() / 1000);
    const field = progressField(this.#request.headers, this.#server.options.progress);
    const encoder = new endpoint.Encoder(params, { id: this.#id, created, progressField: field });
    const { ownKey } = this.#server.auth;
    if (!params.stream) {
      const body = await jsonResponse(run, encoder, ownKey);
      kept?.end(this.#run?.snapshot());
      return this.#json(200, body);
    }
    const client = {
      request: this.#request,
      isFetch: this.#isFetch,
      ownKey,
      // Show no progress to a client of Messages that has not asked for thinking.
      showsProgress: field !== undefined && params.showReasoning !== false,
      onEnd: () => kept?.end(this.#run?.snapshot()),
    };
    const body = await streamResponse(run, encoder, client, (error) =>
      this.#report(error, this.#hasPaid),
    );
    return new Response(body, { headers: { ...EVENT_STREAM_HEADERS, ...this.#headers } });
  }

  /** @param {number} status @param {unknown} value @param {Record<string, string>} [headers] */
  #json(status, value, headers) {
    return Response.json(value, { status, headers: { ...this.#headers, ...headers } });
  }

  /**
   * Returns the response for an error. Hides the message of an error that is neither a FusionError
   * nor an ApiError. For example, an error of `authorize` may contain private data.
   * @param {unknown} error
   */
  #errorResponse(error) {
    const isPublic = error instanceof ApiError || isFusionError(error);
    const shown = this.#report(
      isPublic ? error : new ApiError("unexpected_error", "the handler failed", { cause: error }),
      this.#hasPaid,
    );
    const body = (this.#endpoint?.errorBody ?? errorBody)(shown, this.#id);
    return this.#json(shown.status, body, {
      ...(shown.isFinal && { "x-should-retry": "false" }),
      ...(shown.retry_after !== undefined && { "retry-after": String(shown.retry_after) }),
      ...(shown.status === 405 && { allow: methodsOf(this.#endpoint).join(", ") }),
    });
  }

  /** Whether the run of this request has paid for something. */
  get #hasPaid() {
    return this.#run !== undefined && hasPaid(this.#run.snapshot());
  }

  /**
   * Reports an error to `onError`, and returns it as the client sees it.
   * @param {any} error
   * @param {boolean} [hasPaid] whether the run has paid, so that the client must not repeat the
   *   request
   */
  #report(error, hasPaid = false) {
    const { auth, options } = this.#server;
    const shown = toClientError(error, auth.ownKey, hasPaid);
    const info = { endpoint: this.#name, generation_id: this.#id, status: shown.status };
    try {
      if (!options.onError) this.#logOnce(error);
      else if (!this.#request.signal?.aborted) options.onError(error, info);
    } catch {
      // An error of `onError` must not fail the client's request.
    }
    return shown;
  }

  /**
   * Prints an error in the handler's options on the console, if there is no `onError`. Otherwise
   * only the clients would notice the error.
   * @param {any} error
   */
  #logOnce(error) {
    const { logged } = this.#server;
    const message = error instanceof ApiError ? error.misconfiguration : undefined;
    if (message === undefined || logged.has(message) || logged.size >= MAX_LOGGED) return;
    logged.add(message);
    console.error(`llm-fuse/handler: ${message}`);
  }
}

/**
 * Drops a default of the server that the core has refused because of a client's field. Returns
 * whether the request has changed. The core refuses a request before the first call.
 * @param {ReturnType<typeof buildRequest>} built
 * @param {any} error
 */
function dropRefused(built, { code, status_code, message }) {
  if (code !== "invalid_request" || status_code !== undefined) return false;
  const request = withoutRefused(built.request, message, built.isClients);
  if (!request) return false;
  built.request = request;
  return true;
}

/**
 * Returns a request that resumes a completed run. The request has no `max_cost`.
 * @param {import("../output.js").FusionSnapshot} snapshot
 */
const finishedRun = (snapshot) => ({
  resume: { ...snapshot, request: omit(snapshot.request, ["max_cost"]) },
});

/**
 * Returns whether the request is a call that another panel has made. Such a request must not start
 * a panel. If the header with the depth is not a number, returns `true`.
 * @param {Request} request
 */
function isNestedFusion({ headers }) {
  const depth = headers.get("x-openrouter-fusion-depth");
  return depth !== null && !(Number(depth) < 1);
}
