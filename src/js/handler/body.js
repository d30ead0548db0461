// Reads the body of a request as JSON, up to a limit.

import { cloneJson } from "../clone-json.js";
import { createTurnLimit } from "../event-loop.js";
import { ApiError } from "./api-error.js";

/**
 * @typedef {object} BodyLimits
 * @property {number} maxBodyBytes
 * @property {number} bodyTimeoutMs
 */

/**
 * Returns the body's text and its JSON object.
 * @param {Request} request
 * @param {BodyLimits} limits
 */
export async function readJson(request, limits) {
  // Accept only JSON. A page of another origin may send plain text without a CORS preflight, but
  // must not send JSON without it.
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) {
    const message = "the content type must be application/json";
    throw new ApiError("invalid_request", message, { status: 415 });
  }
  const text = await read(request, limits);
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError("invalid_request", "the body is no valid JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ApiError("invalid_request", "the body must be a JSON object");
  }
  try {
    // Throws if the body is nested too deeply. Parts of the body are later converted to JSON again,
    // which would fail.
    return { text, body: cloneJson(body, "") };
  } catch (rule) {
    throw new ApiError("invalid_request", String(rule));
  }
}

/** Limits for reading the rest of a refused request. */
const DISCARDED_BYTES = 10_000_000;
const DISCARD_MS = 5_000;

/** The longest delay of a timer. With a longer delay, the timer would fire immediately. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Reads and drops the rest of a refused request's body, up to {@link DISCARDED_BYTES} and {@link
 * DISCARD_MS}. Otherwise workerd would reset the connection while the client sends, and the client
 * would not receive the response. The response does not wait for the end of this function.
 * @param {Request} request
 */
export async function discard(request) {
  if (!request.body || request.body.locked) return;
  const reader = request.body.getReader();
  const cancel = () => {
    reader.cancel().catch(() => {});
  };
  const timer = setTimeout(cancel, DISCARD_MS);
  const turnEnd = createTurnLimit();
  try {
    for (let bytes = 0; bytes <= DISCARDED_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.length;
      const wait = turnEnd(value.length);
      if (wait) await wait;
    }
    cancel();
  } catch {
    // The client has disconnected.
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads the body. Counts its bytes, because `content-length` may be absent or wrong. If the body
 * does not arrive within the time limit, cancels it, so that such a request does not hold memory.
 * @param {Request} request
 * @param {BodyLimits} limits
 */
async function read(request, { maxBodyBytes, bodyTimeoutMs }) {
  /** @param {number} status @param {string} rule */
  const refusal = (status, rule) => new ApiError("invalid_request", `the body ${rule}`, { status });
  const tooLarge = () => refusal(413, `is larger than ${maxBodyBytes} bytes`);
  if (Number(request.headers.get("content-length")) > maxBodyBytes) throw tooLarge();
  if (!request.body) return "";
  const reader = request.body.getReader();
  let isOver = false;
  const cancel = () => {
    isOver = true;
    // Cancel the body to end the pending read.
    reader.cancel().catch(() => {});
  };
  const timer = setTimeout(cancel, Math.min(bodyTimeoutMs, MAX_TIMER_MS));
  const decoder = new TextDecoder();
  const turnEnd = createTurnLimit();
  let text = "";
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isOver) throw refusal(408, `did not arrive within ${bodyTimeoutMs} ms`);
      if (done) return text + decoder.decode();
      bytes += value.length;
      if (bytes > maxBodyBytes) throw tooLarge();
      text += decoder.decode(value, { stream: true });
      const wait = turnEnd(value.length);
      if (wait) await wait;
    }
  } finally {
    clearTimeout(timer);
    // Release the lock, so that `discard()` can read the rest.
    reader.releaseLock();
  }
}
