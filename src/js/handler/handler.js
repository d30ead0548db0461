// createHandler(): from a request to its response. Routing, limits and failures; who may call is access.js, what is asked for is entry.js,
// and what is written is each endpoint's own.

import { isFusionError } from "../error.js";
import { access } from "./access.js";
import { isObject } from "./asked.js";
import { discard, readJson } from "./body.js";
import * as chat from "./chat.js";
import { crossOrigin } from "./cors.js";
import { entry } from "./entry.js";
import { envelope, failureOf, Refusal } from "./failure.js";
import * as messages from "./messages.js";
import { models } from "./models.js";
import { reach } from "./reach.js";
import { streamed, whole } from "./reply.js";
import * as responses from "./responses.js";

const ENDPOINTS = { "chat/completions": chat, responses, messages };
const OWN = ["authorize", "clientKeys", "cors", "defaults", "maxBodyBytes", "max_cost", "onError", "passThrough"];
const CORE = ["apiKey", "baseURL", "providers", "fetch", "toolHandlers", "app", "prices", "presets", "limits"];
/** A message of the core about its options, which are not the client's. */
const ABOUT_OPTIONS = new RegExp(`^\`(?:${CORE.join("|")})\\b`);

/** @param fuse the entry's own, so that there is one core. */
export function make(fuse) {
  return function createHandler(options = {}) {
    check(options);
    const { defaults, presets, max_cost, maxBodyBytes = 10_000_000, onError } = options;
    const core = Object.fromEntries(Object.entries(options).filter(([name]) => CORE.includes(name)));
    const { admit, ownKey, passesKeyOn } = access(options);
    const within = reach(options);
    const cors = crossOrigin(options.cors);

    return async function handle(input, init) {
      // As a `fetch` it gets what a `fetch` gets; as a Worker's handler, a request and things that are no `init`.
      const isFetch = typeof input === "string" || input instanceof URL;
      const request = isFetch ? new Request(input, init) : input;
      const { name, endpoint } = route(request.url);
      const id = generation();
      const always = { "x-generation-id": id, ...cors.headers(request) };
      const say = (status, value, headers) => Response.json(value, { status, headers: { ...always, ...headers } });

      /** What the client sees of an error, once the log has been told. */
      function failed(error) {
        const failure = failureOf(error, ownKey);
        try {
          if (!request.signal?.aborted) onError?.(error, { endpoint: name, generation_id: id, status: failure.status });
        } catch {
          // A log that fails is no reason to fail a client.
        }
        return failure;
      }

      async function serve() {
        const preflight = cors.preflight(request);
        if (preflight) return preflight;
        if (name === undefined) throw new Refusal("invalid_model", `there is nothing at ${new URL(request.url).pathname}`, { status: 404 });
        const method = methodOf(endpoint);
        if (request.method !== method) throw new Refusal("invalid_request", `${name} takes ${method}, not ${request.method}`, { status: 405 });
        const { response, apiKey } = await admit(request);
        if (response) return answered(response, always);
        if (!endpoint) return say(200, models({ presets }));

        const ask = endpoint.read(await readJson(request, maxBodyBytes), request.headers);
        const asked = entry(ask, { defaults, presets, max_cost, check: within, nested: isNested(request) });
        const run = fuse(asked.request, { ...core, ...(apiKey !== undefined && { apiKey }), signal: request.signal });
        const voice = new endpoint.Voice(ask, { id, created: Math.floor(Date.now() / 1000) });
        try {
          if (!ask.stream) return say(200, await whole(run, voice, ownKey));
          const body = await streamed(run, voice, { request, isFetch, ownKey }, failed);
          return new Response(body, { headers: { ...STREAM, ...always } });
        } catch (error) {
          throw clients(error, asked.named, passesKeyOn);
        }
      }

      try {
        return await serve();
      } catch (error) {
        if (request.signal?.aborted) {
          if (isFetch) throw request.signal.reason;
          // Nobody is there to read it.
          return new Response(null, { status: 499 });
        }
        await discard(request, maxBodyBytes);
        // What else is thrown, by the owner's own rule above all, may say what is no client's business.
        const failure = failed(error instanceof Refusal || isFusionError(error) ? error : new Refusal("unexpected_error", "the handler failed", { cause: error }));
        const { status, retry_after } = failure;
        return say(status, (endpoint?.refusal ?? envelope)(failure, id), {
          ...(retry_after !== undefined && { "retry-after": String(retry_after) }),
          ...(status === 405 && { allow: methodOf(endpoint) }),
        });
      }
    };
  };
}

/** While it is built. What the core's own options hold is read by the core, with the first request. */
function check({ defaults, max_cost, maxBodyBytes, onError, ...options }) {
  const known = [...OWN, ...CORE];
  const odd = Object.keys(options).find((name) => !known.includes(name));
  if (odd) throw new TypeError(`the handler knows no option \`${odd}\`; known are ${known.join(", ")}`);
  if (defaults !== undefined && !isObject(defaults)) throw new TypeError("`defaults` must be an object");
  for (const [name, value] of Object.entries({ max_cost, maxBodyBytes })) {
    // `null` or NaN would be no limit at all.
    if (value !== undefined && !(Number.isFinite(value) && value > 0)) throw new TypeError(`\`${name}\` must be a finite number above 0`);
  }
  if (onError !== undefined && typeof onError !== "function") throw new TypeError("`onError` must be a function");
}

/** The owner's own answer, with what every answer has. */
function answered({ body, status, statusText, headers: own }, always) {
  // Not as an object: it may set two cookies.
  const headers = new Headers(own);
  for (const [name, value] of Object.entries(always)) headers.set(name, value);
  return new Response(body, { status, statusText, headers });
}

const STREAM = {
  "content-type": "text/event-stream; charset=utf-8",
  // Proxies must neither keep, nor compress, nor collect it.
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

const methodOf = (endpoint) => (endpoint ? "POST" : "GET");

/** `crypto.randomUUID` exists on secure pages only. */
const generation = () => `gen-${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** By the end of the path, so that the handler can be mounted anywhere. */
function route(url) {
  const [, name] = new URL(url).pathname.match(/\/(chat\/completions|responses|messages|models)\/?$/) ?? [];
  return { name, endpoint: ENDPOINTS[name] };
}

/** Calls that come out of a fusion must not begin another. What is no number is taken for a yes. */
function isNested({ headers }) {
  const depth = headers.get("x-openrouter-fusion-depth");
  return depth !== null && !(Number(depth) < 1);
}

/** The core's error in the client's words. */
function clients(error, named, passesKeyOn) {
  if (error?.code !== "invalid_request" || error.status_code !== undefined) return error;
  const { message } = error;
  if (passesKeyOn && message.startsWith("`apiKey`")) return new Refusal("authentication", "Missing Authentication header");
  if (/^`(?:providers\.[^`]+\.)?apiKey` is missing/.test(message)) return new Refusal("invalid_model", "the provider of this model is not set up here", { cause: error });
  if (ABOUT_OPTIONS.test(message)) return new Refusal("unexpected_error", "the server is set up wrongly", { cause: error });
  return new Refusal("invalid_request", named(message));
}
