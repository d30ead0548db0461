// Converts errors to OpenRouter's form: status, error type, message, and delay before a retry. Each
// endpoint puts them into its own envelope.
// <https://openrouter.ai/docs/api/reference/errors-and-debugging>

import { codeForStatus } from "../http-status.js";

/**
 * An error as a client sees it.
 * @typedef {object} ClientError
 * @property {number} status
 * @property {string} type
 * @property {string} message
 * @property {string} reason the code of the FusionError
 * @property {number} [retry_after] in seconds
 */

/** A request that the handler refuses. */
export class ApiError extends Error {
  /**
   * @param {string} code of a FusionError
   * @param {string} message
   * @param {{ status?: number, cause?: unknown }} [options]
   */
  constructor(code, message, { status, cause } = {}) {
    super(message, { cause });
    this.code = code;
    this.status_code = status;
    /** @type {number | undefined} */
    this.retry_after_ms = undefined;
  }
}

/**
 * Returns the error of a field. `rule` completes the sentence "`field` ...".
 * @param {string} field
 * @param {string} rule
 */
export const invalidField = (field, rule) =>
  new ApiError("invalid_request", `\`${field}\` ${rule}`);

/**
 * Status and error type by code. The third value lists provider statuses that are passed on,
 * because they are more exact.
 * @type {Record<string, [number, string, number[]]>}
 */
const ERROR_TYPES = {
  invalid_request: [400, "invalid_request", [405, 408, 413, 415, 422]],
  invalid_model: [400, "not_found", [404]],
  invalid_snapshot: [400, "invalid_request", []],
  authentication: [401, "authentication", []],
  permission: [403, "permission_denied", []],
  insufficient_credits: [402, "payment_required", []],
  budget_exceeded: [402, "payment_required", []],
  rate_limited: [429, "rate_limit_exceeded", []],
  content_policy: [403, "content_policy_violation", []],
  context_length_exceeded: [400, "context_length_exceeded", [413]],
  provider_error: [502, "provider_unavailable", [503, 529]],
  network_error: [502, "provider_unavailable", []],
  empty_response: [502, "provider_unavailable", []],
  all_panels_failed: [502, "provider_unavailable", []],
  timeout: [504, "timeout", []],
  cancelled: [503, "server", []],
  unexpected_error: [500, "server", []],
};

/** @type {Record<number, string>} */
const STATUS_TYPES = {
  408: "timeout",
  413: "payload_too_large",
  422: "unprocessable",
  503: "provider_overloaded",
  529: "provider_overloaded",
};

/**
 * Messages for errors of the server's own key. The provider's message is meant only for the key's
 * owner.
 * @type {Record<string, string>}
 */
const OWNER_MESSAGES = {
  authentication: "the server's key was refused by its provider",
  permission: "the server's key may not do this at its provider",
};

/**
 * Returns the message of a failed call for clients.
 * @param {{ code: string, message: string }} error
 * @param {boolean} ownKey whether the run uses the server's key
 */
export const publicMessage = ({ code, message }, ownKey) =>
  (ownKey && ownerMessage(code)) || withoutAddress(message);

/**
 * Converts an error of a run or of the handler to the form for clients.
 * @param {any} error a FusionError, an {@link ApiError}, or the error of an event
 * @param {boolean} ownKey whether the run uses the server's key
 * @returns {ClientError}
 */
export function toClientError(error, ownKey) {
  const reason = error.code;
  const code = reason === "writer_failed" ? codeForStatus(error.status_code) : reason;
  const ownerText = ownKey && !(error instanceof ApiError) ? ownerMessage(code) : undefined;
  if (ownerText) return { status: 502, type: "provider_unavailable", message: ownerText, reason };
  const known = Object.hasOwn(ERROR_TYPES, code) ? code : "unexpected_error";
  const [usual, type, exact] = /** @type {[number, string, number[]]} */ (ERROR_TYPES[known]);
  const status = exact.includes(error.status_code) ? error.status_code : usual;
  return {
    status,
    type: (status !== usual && STATUS_TYPES[status]) || type,
    message: withoutAddress(ownKey ? withoutProviderMessages(error.message) : error.message),
    reason,
    ...(error.retry_after_ms !== undefined && {
      retry_after: Math.ceil(error.retry_after_ms / 1000),
    }),
  };
}

/** @param {string} code */
const ownerMessage = (code) =>
  Object.hasOwn(OWNER_MESSAGES, code) ? OWNER_MESSAGES[code] : undefined;

/**
 * Removes the providers' messages from the error of a panel that failed.
 * @param {string} message
 */
const withoutProviderMessages = (message) =>
  message.replace(/^every panelist failed \([\s\S]*/, "every panelist failed");

/**
 * Returns the envelope of Chat Completions, Responses and models.
 * @param {Omit<ClientError, "reason">} error
 */
export const errorBody = ({ status, type, message, retry_after }) => ({
  error: {
    code: status,
    message,
    metadata: { error_type: type },
    ...(retry_after !== undefined && { availability: { retry_after } }),
  },
});

/**
 * Removes the address that the core adds to the message of a wrong path, because clients must not
 * see the server's address.
 * @param {string} message
 */
const withoutAddress = (message) =>
  message.replace(/; is `baseURL` correct\? The request went to \S*/g, "");
