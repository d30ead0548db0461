// Turns errors of AI SDK models into HTTP responses, from which the core makes errors with its own
// codes. Such a response has the provider's message, fields such as `code` and `type`, and the
// retry delay. It never contains an API key.

import { withoutSecrets } from "./secrets.js";
import { isObject, objectOf } from "./values.js";

/** Headers that say how long to wait before a retry. */
const WAIT_HEADERS = /^(?:retry-after|x-ratelimit|anthropic-ratelimit)/;
/** Fields of a provider's error that the core reads, besides the message. */
const NAMES = ["code", "type", "param", "status"];
/**
 * Statuses of the errors that the AI SDK throws before it sends a request.
 * @type {Record<string, number>}
 */
const STATUSES = {
  AI_LoadAPIKeyError: 401,
  AI_LoadSettingError: 401,
  AI_NoSuchModelError: 404,
  AI_NoSuchProviderError: 404,
  AI_UnsupportedFunctionalityError: 400,
  AI_InvalidPromptError: 400,
  AI_InvalidArgumentError: 400,
};
/** Codes of failed connections in Node, Bun and Deno. */
const CONNECTION_CODES = /^(?:E(?!RR_)[A-Z_]+|UND_ERR_\w+|ERR_SSL_\w+|Connection\w+)$/;
/** Error messages of a `fetch` that got no response, in Node, Deno, Bun, workerd and browsers. */
const FETCH_FAILED = new RegExp(
  "^(?:fetch failed|failed to fetch|networkerror when|network request failed|load failed|" +
    "network connection lost|error sending request|terminated$|unable to connect|" +
    "(?:the socket )?connection (?:was )?(?:closed|reset|refused))",
  "i",
);
/** Names of errors whose message contains the whole response of the provider. */
const WITH_BODY = [
  "AI_JSONParseError",
  "AI_TypeValidationError",
  "AI_InvalidResponseDataError",
  "AI_EmptyResponseBodyError",
];

/**
 * The error for a request that has no valid form in the AI SDK. It is thrown before the model is
 * called.
 */
export class BadRequest extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, code?: string, param?: string }} [more]
   */
  constructor(message, { status = 400, code, param } = {}) {
    super(message);
    this.statusCode = status;
    this.data = { error: { code, param } };
  }
}

/**
 * Returns the response for an error. If the connection failed, throws a `TypeError`, as `fetch`
 * does.
 * @param {any} error
 */
export function toErrorResponse(error) {
  const status = statusOf(error);
  if (status === undefined) throw new TypeError(wordsOf(error));
  const waits = Object.entries(objectOf(error?.responseHeaders)).filter(([name]) =>
    WAIT_HEADERS.test(name),
  );
  return Response.json({ error: errorBody(error) }, { status, headers: Object.fromEntries(waits) });
}

/**
 * Returns the error object for a chunk of a stream.
 * @param {any} error
 */
export const streamError = (error) => ({
  ...errorBody(error),
  ...(isObject(error) && Number.isInteger(error.statusCode) && { code: error.statusCode }),
});

/** @param {any} error @returns {number | undefined} `undefined`: the connection failed */
function statusOf(error) {
  const { statusCode, name, isRetryable } = objectOf(error);
  if (isFetchFailure(error)) return undefined;
  if (Number.isInteger(statusCode) && statusCode >= 400 && statusCode < 600) return statusCode;
  if (name === "AI_APICallError" && isRetryable && !Number.isInteger(statusCode)) return undefined;
  return STATUSES[name] ?? 502;
}

/**
 * Returns whether `fetch` got no response. Reads the error's message, because programming errors
 * are also of the class `TypeError`.
 * @param {any} error
 */
function isFetchFailure(error) {
  const { name, message, code, cause } = objectOf(error);
  const { code: causeCode } = objectOf(cause);
  return (
    [code, causeCode].some((code) => CONNECTION_CODES.test(code)) ||
    (name === "TypeError" && FETCH_FAILED.test(message))
  );
}

/** @param {any} error @returns {Record<string, unknown>} */
function errorBody(error) {
  const given = objectOf(detailsOf(error));
  const names = NAMES.filter((name) => ["string", "number"].includes(typeof given[name]));
  return {
    message: wordsOf(error),
    ...Object.fromEntries(names.map((name) => [name, given[name]])),
  };
}

/** Returns the error object in the body of the provider's response. @param {any} error */
function detailsOf(error) {
  const { data, responseBody } = objectOf(error);
  const parsed = isObject(data) ? data : parse(responseBody);
  return isObject(objectOf(parsed).error) ? parsed.error : parsed;
}

/** @param {unknown} text */
function parse(text) {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

/** @param {any} error */
function wordsOf(error) {
  const { name, message } = objectOf(error);
  if (WITH_BODY.includes(name)) return "the AI SDK could not read the response of the provider";
  // Prefer the body's message. The AI SDK's message may contain only the status text.
  const said = [objectOf(detailsOf(error)).message, message];
  const words = said.find((text) => typeof text === "string" && text) ?? String(error);
  return withoutSecrets(words);
}
