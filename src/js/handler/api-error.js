// Converts errors to OpenRouter's form: status, error type, message, and delay before a retry. Each
// endpoint then writes these values in its own format.
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
 * @property {object} [details] fields that the endpoint `messages` adds to the error
 * @property {boolean} isFinal whether clients must not repeat the request, because they would pay
 *   again
 */

/** A request that the handler refuses. */
export class ApiError extends Error {
  /**
   * @param {string} code one of the codes of a FusionError
   * @param {string} message
   * @param {{ status?: number, cause?: unknown }} [options]
   */
  constructor(code, message, { status, cause } = {}) {
    super(message, { cause });
    this.code = code;
    this.status_code = status;
    /** @type {number | undefined} */
    this.retry_after_ms = undefined;
    /**
     * If an option of the handler is wrong: the message for the owner of the server.
     * @type {string | undefined}
     */
    this.misconfiguration = undefined;
    /** Fields that `messages` adds to the error. @type {object | undefined} */
    this.details = undefined;
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
 * Maps each error code to a status, an error type and a list of statuses. The list has statuses
 * that say more than the first status. If a provider sends one of these, the client gets it.
 * @type {Record<string, [number, string, number[]]>}
 */
const ERROR_TYPES = {
  invalid_request: [400, "invalid_request", [405, 408, 409, 413, 415, 422]],
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
  // Some panelists have answered and were paid, so no client may repeat the request.
  quorum_not_met: [406, "provider_unavailable", []],
  timeout: [504, "timeout", []],
  cancelled: [503, "server", []],
  unexpected_error: [500, "server", []],
};

/**
 * The status of a failure after which clients must not repeat the request. SDKs automatically
 * repeat 408, 409, 429 and 5xx. LangChain repeats every status except 400 to 407, 409 and 413.
 * Therefore 406 is used: no SDK repeats it or handles it in a special way.
 */
export const NOT_REPEATED = 406;

/** Other statuses after which no SDK repeats a request. */
const OTHERS_NOT_REPEATED = [400, 401, 402, 403, 404, 405, 413];

/** @type {Record<number, string>} */
const STATUS_TYPES = {
  408: "timeout",
  413: "payload_too_large",
  422: "unprocessable",
  503: "provider_overloaded",
  529: "provider_overloaded",
};

/**
 * Messages for clients if a provider refuses the server's own key. The provider's message is meant
 * only for the owner of the key.
 * @type {Record<string, string>}
 */
const OWNER_MESSAGES = {
  authentication: "the server's key was refused by its provider",
  permission: "the server's key may not do this at its provider",
};

/**
 * Returns the message about a failed call that clients may see.
 * @param {{ code: string, message: string }} error
 * @param {boolean} ownKey whether the run uses the server's key
 */
export const publicMessage = ({ code, message }, ownKey) =>
  (ownKey && ownerMessage(code)) || withoutAddress(message);

/**
 * Converts an error of a run or of the handler to the form for clients.
 * @param {any} error a FusionError, an {@link ApiError}, or the error of an event
 * @param {boolean} ownKey whether the run uses the server's key
 * @param {boolean} [hasPaid] whether the run has paid for something, so that no client may repeat
 *   the request
 * @returns {ClientError}
 */
export function toClientError(error, ownKey, hasPaid = false) {
  const reason = error.code;
  const code =
    reason === "writer_failed" ? (error.cause_code ?? codeForStatus(error.status_code)) : reason;
  const isKnown = Object.hasOwn(ERROR_TYPES, code);
  const isFinal = hasPaid || !isKnown;
  /** @param {number} status */
  const shown = (status) =>
    isFinal && !OTHERS_NOT_REPEATED.includes(status) ? NOT_REPEATED : status;
  const ownerText = ownKey && !(error instanceof ApiError) ? ownerMessage(code) : undefined;
  if (ownerText) {
    const type = "provider_unavailable";
    return { status: shown(502), type, message: ownerText, reason, isFinal };
  }
  const known = isKnown ? code : "unexpected_error";
  const [usual, type, exact] = /** @type {[number, string, number[]]} */ (ERROR_TYPES[known]);
  const status = exact.includes(error.status_code) ? error.status_code : usual;
  return {
    status: shown(status),
    isFinal,
    type: (status !== usual && STATUS_TYPES[status]) || type,
    message: withoutAddress(ownKey ? withoutProviderMessages(error.message) : error.message),
    reason,
    ...(error.details && { details: error.details }),
    ...(error.retry_after_ms !== undefined && {
      retry_after: Math.ceil(error.retry_after_ms / 1000),
    }),
  };
}

/** @param {string} code */
const ownerMessage = (code) =>
  Object.hasOwn(OWNER_MESSAGES, code) ? OWNER_MESSAGES[code] : undefined;

/**
 * If too few panelists answered, removes the messages of the providers from the error's message.
 * @param {string} message
 */
const withoutProviderMessages = (message) =>
  message.replace(
    /^(every panelist failed|only \d+ of \d+ panelists answered, and `[\w.]+` is \d+) \([\s\S]*/,
    "$1",
  );

/**
 * Returns the body of an error response for Chat Completions, Responses and the list of models.
 * @param {Omit<ClientError, "reason" | "isFinal">} error
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
 * Removes the parts of a message that are only for the server's owner. These are the address of a
 * provider that cannot be reached or does not have the path, and the command that starts a local
 * server.
 * @param {string} message
 */
const withoutAddress = (message) =>
  message
    .replace(/; is `baseURL` correct[^?]*\? The request went to \S*/g, "")
    .replace(/\. Is \w+ running\? `[^`]*` starts it(, and [^;]* allows pages)?/g, "")
    .replace(ADDRESS, "$1 the provider");

/** Matches the address in the messages of `network-error.js`. */
const ADDRESS =
  /\b(listens at|name of|route to|connecting to|certificate of|TLS at|connection to) https?:\/\/\S+?(?=[.:;,)]*(\s|$))/g;
