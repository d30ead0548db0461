// Turns errors of the core into errors for clients. The errors are about a client's request, or
// about the server's options.

import { ApiError } from "./api-error.js";
import { FUSE_OPTIONS } from "./option-shapes.js";

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

const MISSING_KEY = /^`(?:providers\.[^`]+\.)?apiKey` is missing/;

/** @param {any} error */
const isAboutRequest = (error) =>
  error?.code === "invalid_request" ||
  (error?.code === "authentication" && MISSING_KEY.test(error.message));

/**
 * Returns the error that a client gets for an error of the core. If the error is about the request,
 * its message gets the field names of the client's request. If the error is about the server's
 * options, its message is hidden. Other errors are returned unchanged.
 * @param {any} error
 * @param {(message: string) => string} rename
 * @param {boolean} forwardsClientKey
 */
export function toRequestError(error, rename, forwardsClientKey) {
  if (error?.status_code !== undefined || !isAboutRequest(error)) return error;
  const { message } = error;
  if (forwardsClientKey && message.startsWith("`apiKey`")) {
    return new ApiError("authentication", "Missing Authentication header");
  }
  if (MISSING_KEY.test(message)) {
    const text = "the provider of this model is not set up here";
    return misconfigured(message, new ApiError("invalid_model", text, { cause: error }));
  }
  if (message.endsWith(NOT_SERVED)) return new ApiError("invalid_model", rename(message));
  if (ABOUT_OPTIONS.test(message)) {
    return misconfigured(message);
  }
  return new ApiError("invalid_request", rename(message));
}
