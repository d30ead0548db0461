// Makes errors in the AI SDK's form. The AI SDK recognises its errors by symbols, not by classes.
// So the package does not need `@ai-sdk/provider`.

import { isFusionError } from "../errors.js";
import { usageOf } from "./usage.js";

/** Codes of transient failures. If an error has an HTTP status, the status decides instead. */
const TRANSIENT_CODES = ["network_error", "rate_limited", "provider_error"];
/** Statuses after which the AI SDK itself repeats a call. */
const isTransientStatus = (/** @type {number} */ status) =>
  [408, 409, 429].includes(status) || status >= 500;

class AiSdkError extends Error {
  /**
   * @param {string} name
   * @param {string} message
   * @param {Record<string, unknown>} fields
   * @param {unknown} [cause]
   */
  constructor(name, message, fields, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = name;
    Object.assign(this, fields);
    for (const key of ["vercel.ai.error", `vercel.ai.error.${name}`])
      Object.defineProperty(this, Symbol.for(key), { value: true });
  }
}

/**
 * Returns the error for a prompt with content that chat messages cannot contain.
 * @param {string} functionality
 */
export const unsupported = (functionality) =>
  new AiSdkError("AI_UnsupportedFunctionalityError", `a fusion does not take ${functionality}`, {
    functionality,
  });

/**
 * Returns the error for a wrong option.
 * @param {string} argument
 * @param {string} message
 */
export const invalidArgument = (argument, message) =>
  new AiSdkError("AI_InvalidArgumentError", message, { argument });

/**
 * Turns the `FusionError` of a failed run into an `APICallError`. The `FusionError` becomes the
 * `cause`. Returns any other error unchanged, such as the reason of an aborted signal.
 * @param {unknown} error
 * @param {boolean} hasAnswered whether an event has shown that a provider answered
 */
export function toApiCallError(error, hasAnswered) {
  if (!isFusionError(error)) return error;
  const { message, code, status_code, retry_after_ms } = error;
  const fields = {
    url: "llm-fuse:run",
    requestBodyValues: {},
    statusCode: status_code,
    responseHeaders:
      retry_after_ms === undefined ? {} : { "retry-after-ms": String(retry_after_ms) },
    isRetryable: isTransient(code, status_code) && !hasAnswered && !mayBePaid(error),
    data: { code },
  };
  return new AiSdkError("AI_APICallError", message, fields, error);
}

/** @param {string} code @param {number | undefined} status */
const isTransient = (code, status) =>
  status === undefined ? TRANSIENT_CODES.includes(code) : isTransientStatus(status);

/**
 * Returns whether a failed run may have cost money. Also returns true if the run has finished work,
 * which a repeated run would lose.
 *
 * If a call has an unknown cost and its connection broke, the function assumes that the call cost
 * money. If the provider answered with an error status, the function assumes that it did not.
 * @param {import("../output.js").FusionError} error
 */
function mayBePaid({ snapshot, status_code }) {
  if (!snapshot) return false;
  const { responses, partial, analysis, activity } = snapshot;
  const isPaid = (/** @type {any} */ { status, cost, completion_tokens }) =>
    status === "completed" ||
    cost > 0 ||
    completion_tokens > 0 ||
    (cost === null && status_code === undefined);
  return responses.length > 0 || partial.length > 0 || analysis !== null || activity.some(isPaid);
}

/**
 * Returns the usage of a failed run.
 * @param {unknown} error
 */
export function usageOfFailed(error) {
  const activity = isFusionError(error) ? error.snapshot.activity : [];
  const sum = (/** @type {"prompt_tokens" | "completion_tokens" | "reasoning_tokens"} */ name) =>
    activity.reduce((total, call) => total + (call[name] ?? 0), 0);
  return usageOf({
    prompt_tokens: sum("prompt_tokens"),
    completion_tokens: sum("completion_tokens"),
    reasoning_tokens: sum("reasoning_tokens"),
  });
}
