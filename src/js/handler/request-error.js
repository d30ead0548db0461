// Turns errors of the core into errors for clients. The errors are about a client's request, or
// about the server's options.

import { ApiError } from "./api-error.js";
import { fieldAt } from "./field-names.js";
import { FUSE_OPTIONS } from "./option-shapes.js";

/** @typedef {ReturnType<typeof import("./build-request.js").buildRequest>} Built */

/** Matches a message of the core about an option. Clients do not control the options. */
const ABOUT_OPTIONS = new RegExp(`^\`(?:${Object.keys(FUSE_OPTIONS).join("|")})\\b`);
/** The end of the core's message about a provider that the client may not name. */
const NOT_SERVED = "`, which is not served here";

/**
 * Returns an error that the server's owner has to correct. Clients do not see the message.
 * @param {string} message
 * @param {ApiError} error
 */
export function misconfigured(
  message,
  error = new ApiError("unexpected_error", "the server is set up wrongly", {
    cause: new Error(message),
  }),
) {
  error.misconfiguration = message;
  return error;
}

/**
 * Returns whether the core refused the snapshot of a kept run.
 * @param {any} error
 */
export const isAboutSnapshot = ({ code, message }) =>
  code === "invalid_snapshot" || (code === "invalid_request" && /\bresume\b/.test(message));

/** Matches a message about a model that the server's `max_cost` cannot limit. */
const MISSING_PRICE = /^`max_cost` needs a price for every model, and (`[^`]+`) has none/;
const MISSING_KEY = /^`(?:providers\.[^`]+\.)?apiKey` is missing/;

/** @param {any} error */
const isAboutRequest = (error) =>
  error?.code === "invalid_request" ||
  (error?.code === "authentication" && MISSING_KEY.test(error.message));

/** The fields of a run that only the server sets, unless the client's request has them. */
const DEFAULTS =
  /^(?:analyst|analysis_models|tools|max_tool_calls|reasoning|quorum|escalate|timeouts|max_retries)\b/;

/**
 * Returns whether the core refused a default of the server, or a field of the server's preset.
 * @param {string} message
 * @param {Built} built
 */
function isAboutDefaults(message, { request, isClients }) {
  const field = fieldAt(message) ?? "";
  const [name = ""] = DEFAULTS.exec(field) ?? [];
  return request[name] != null && !isClients(field);
}

/**
 * Returns the error that a client gets for an error of the core. If the error is about the request,
 * its message gets the field names of the client's request. If the error is about the server's
 * options, its message is hidden. Other errors are returned unchanged.
 * @param {any} error
 * @param {Built} built
 * @param {boolean} forwardsClientKey
 */
export function toRequestError(error, built, forwardsClientKey) {
  const { rename } = built;
  if (error?.status_code !== undefined || !isAboutRequest(error)) return error;
  const { message } = error;
  if (forwardsClientKey && message.startsWith("`apiKey`")) {
    return new ApiError("authentication", "Missing Authentication header");
  }
  if (MISSING_KEY.test(message)) {
    const text = "the provider of this model is not set up here";
    return misconfigured(message, new ApiError("invalid_model", text, { cause: error }));
  }
  const unpriced = MISSING_PRICE.exec(message)?.[1];
  if (unpriced !== undefined) {
    const text = `${unpriced} has no price, and this server needs a price of each model`;
    return misconfigured(message, new ApiError("invalid_model", text, { cause: error }));
  }
  if (message.endsWith(NOT_SERVED)) return new ApiError("invalid_model", rename(message));
  if (ABOUT_OPTIONS.test(message) || isAboutDefaults(message, built)) {
    return misconfigured(message);
  }
  return new ApiError("invalid_request", rename(message));
}
