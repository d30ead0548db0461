// Finds the endpoint of a request by its path.

import * as chatEncode from "./chat/encode.js";
import * as chatRead from "./chat/read.js";
import * as messagesEncode from "./messages/encode.js";
import * as messagesRead from "./messages/read.js";
import * as responsesEncode from "./responses/encode.js";
import * as responsesRead from "./responses/read.js";

/**
 * @typedef {object} Endpoint
 * @property {(body: any, headers: Headers) => import("./build-request.js").Params} read
 * @property {new (
 *   params: any,
 *   meta: { id: string, created: number, progressField?: string | undefined },
 * ) => import("./respond.js").ResponseEncoder} Encoder
 * @property {(error: import("./api-error.js").ClientError, id: string) => object} errorBody
 */

/** @type {Record<string, Endpoint>} */
export const ENDPOINTS = {
  "chat/completions": { ...chatRead, ...chatEncode },
  responses: { ...responsesRead, ...responsesEncode },
  messages: { ...messagesRead, ...messagesEncode },
};

/** @param {Endpoint | undefined} endpoint */
export const methodsOf = (endpoint) => (endpoint ? ["POST"] : ["GET", "HEAD"]);

/**
 * Returns the name of the endpoint. Reads only the end of the path, so the handler can be mounted
 * under any path. `isExact` is `false` for a path below an endpoint, such as
 * `messages/count_tokens`. For such a path, the name only selects the format of the error.
 * @param {string} url
 */
export function route(url) {
  const { pathname } = new URL(url);
  const exact = pathname.match(/\/(chat\/completions|responses|messages|models)\/?$/)?.[1];
  const below = pathname.match(/.*\/(chat\/completions|responses|messages)\//)?.[1];
  return { name: exact ?? below, isExact: exact !== undefined };
}
