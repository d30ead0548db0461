// Failures as OpenRouter's API words them: status, error type, message, and how long to wait. Each endpoint puts them in its own envelope.
// <https://openrouter.ai/docs/api/reference/errors-and-debugging>

/** A request that can't be served, by one of `FusionError`'s codes. */
export class Refusal extends Error {
  constructor(code, message, { status, cause } = {}) {
    super(message, { cause });
    this.code = code;
    this.status_code = status;
  }
}

/** `rule` completes the sentence "`field` ...". */
export const refuse = (field, rule) => new Refusal("invalid_request", `\`${field}\` ${rule}`);

/** Code -> status, error type, and other statuses that say it more exactly when the provider answered with them. */
const KINDS = {
  invalid_request: [400, "invalid_request", [405, 413, 415, 422]],
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

const TYPES = { 413: "payload_too_large", 422: "unprocessable", 503: "provider_overloaded", 529: "provider_overloaded" };

/** Codes that speak of the key's owner, who is not the client where the server holds the key. */
const OWNERS = {
  authentication: "the server's key was refused by its provider",
  permission: "the server's key may not do this at its provider",
};

/** Why a panelist failed, as clients are told it. */
export const wordsOf = ({ code, message }, ownKey) => (ownKey && Object.hasOwn(OWNERS, code) ? OWNERS[code] : message);

/** @param error what a run or a refusal ended with. @param ownKey the key of the run is the server's, not the client's. */
export function failureOf(error, ownKey) {
  const code = error.code === "writer_failed" ? codeOf(error.status_code) : error.code;
  if (ownKey && !(error instanceof Refusal) && Object.hasOwn(OWNERS, code)) return { status: 502, type: "provider_unavailable", message: OWNERS[code], reason: error.code };
  const [usual, type, exact] = Object.hasOwn(KINDS, code) ? KINDS[code] : KINDS.unexpected_error;
  const status = exact.includes(error.status_code) ? error.status_code : usual;
  return {
    status,
    type: (status !== usual && TYPES[status]) || type,
    // Each panelist's failure stands in it in its provider's words.
    message: ownKey ? error.message.replace(/^every panelist failed \([^]*/, "every panelist failed") : error.message,
    reason: error.code,
    ...(error.retry_after_ms !== undefined && { retry_after: Math.ceil(error.retry_after_ms / 1000) }),
  };
}

/** What a writer's failure was, by its provider's answer. */
function codeOf(status) {
  const known = { 401: "authentication", 402: "insufficient_credits", 403: "permission", 404: "invalid_model", 408: "timeout", 429: "rate_limited", 504: "timeout", 524: "timeout" };
  return known[status] ?? (status >= 400 && status < 500 ? "invalid_request" : "provider_error");
}

/** The envelope of every endpoint but Anthropic's. */
export const envelope = ({ status, type, message, retry_after }) => ({
  error: {
    code: status,
    message,
    metadata: { error_type: type },
    ...(retry_after !== undefined && { availability: { retry_after } }),
  },
});
