// Makes a Response that contains the events of a run as server-sent events.

import { EVENT_STREAM_HEADERS, toReadableStream } from "./sse-writer.js";

/** @typedef {import("./index.js").RunResponseOptions} Options */

const OPTIONS = ["request", "headers", "status"];

/** Statuses whose response has no body. */
const WITHOUT_BODY = [204, 205, 304];

/**
 * Returns the Response of a run.
 *
 * If the request's method is `HEAD`, cancels the run before its first call, because the response
 * has no body. If the request has the header `Last-Event-ID`, an `EventSource` has reconnected
 * after an earlier run. In this case, cancels the new run before its first call, and returns a
 * response with status 204. This status stops the reconnects.
 * @param {import("./index.js").FusionRun} run
 * @param {Options} [options]
 */
export function toResponse(run, options = {}) {
  checkOptions(options);
  const { request, status = 200 } = options;
  const headers = new Headers(EVENT_STREAM_HEADERS);
  // A `Headers` object keeps several cookies as separate headers.
  for (const [name, value] of new Headers(options.headers)) {
    if (name === "set-cookie") headers.append(name, value);
    else headers.set(name, value);
  }
  if (request && lastEventId(request)) {
    headers.delete("content-type");
    run.cancel(new Error("the request has `Last-Event-ID`: it would continue another run"));
    return new Response(null, { status: 204, headers });
  }
  if (request?.method === "HEAD") {
    run.cancel(new Error("the method of the request is `HEAD`"));
    return new Response(null, { status, headers });
  }
  return new Response(toReadableStream(run[Symbol.asyncIterator](), request), { status, headers });
}

/** @param {any} options */
function checkOptions(options) {
  if (typeof options !== "object" || options === null || typeof options.method === "string") {
    throw new TypeError("write `run.toResponse({ request })`: the argument is an object");
  }
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    const known = OPTIONS.map((name) => `\`${name}\``).join(", ");
    throw new TypeError(`toResponse() knows no option \`${unknown}\`; known are ${known}`);
  }
  const { request, status = 200 } = options;
  if (!Number.isInteger(status) || status < 200 || status > 599 || WITHOUT_BODY.includes(status)) {
    throw new TypeError("`status` must be 200 to 599, and not 204, 205 or 304: they have no body");
  }
  if (request !== undefined && (typeof request?.headers !== "object" || !request.headers)) {
    throw new TypeError("`request` must be a Request");
  }
}

/**
 * Returns the header `Last-Event-ID` of a Request or of Node's `IncomingMessage`.
 * @param {any} request
 * @returns {string | null | undefined}
 */
const lastEventId = ({ headers }) =>
  typeof headers.get === "function" ? headers.get("last-event-id") : headers["last-event-id"];
