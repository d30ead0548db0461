// Maps HTTP statuses to error codes.

/** @type {Record<number, import("./output.js").FusionErrorCode>} */
const CODES = {
  401: "authentication",
  402: "insufficient_credits",
  403: "permission",
  404: "invalid_model",
  408: "timeout",
  429: "rate_limited",
  504: "timeout",
  // Cloudflare sends this status if the server behind it did not answer in time.
  524: "timeout",
};

/**
 * Returns the error code of a provider's HTTP status.
 * @param {number | undefined} status
 */
export function codeForStatus(status = 500) {
  return CODES[status] ?? (status >= 400 && status < 500 ? "invalid_request" : "provider_error");
}
