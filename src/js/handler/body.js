// Reads the body of a request as JSON, up to a limit.

import { cloneJson } from "../clone-json.js";
import { ApiError } from "./api-error.js";

/**
 * @param {Request} request
 * @param {number} limit in bytes
 */
export async function readJson(request, limit) {
  // A page of another origin may send a text without a CORS preflight, but not JSON.
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) {
    const message = "the content type must be application/json";
    throw new ApiError("invalid_request", message, { status: 415 });
  }
  const text = await read(request, limit);
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
    // Checks the depth: parts of the body become JSON again, which fails at some depth.
    return cloneJson(body, "");
  } catch (rule) {
    throw new ApiError("invalid_request", String(rule));
  }
}

/**
 * Reads and drops the body of a refused request. If the client still sends, workerd would reset
 * the connection, and the client would not get the response.
 * @param {Request} request
 * @param {number} limit
 */
export async function discard(request, limit) {
  if (!request.bodyUsed) await read(request, limit).catch(() => {});
}

/**
 * Reads the body. Counts bytes, because `content-length` may be absent or wrong. Reads a body that
 * is too large up to twice the limit, for the reason at {@link discard}.
 * @param {Request} request
 * @param {number} limit
 */
async function read(request, limit) {
  const tooLarge = () =>
    new ApiError("invalid_request", `the body is larger than ${limit} bytes`, { status: 413 });
  if (Number(request.headers.get("content-length")) > 2 * limit) throw tooLarge();
  if (!request.body) return "";
  const reader = request.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (bytes > limit && (done || bytes > 2 * limit)) break;
    if (done) return text + decoder.decode();
    bytes += value.length;
    text = bytes > limit ? "" : text + decoder.decode(value, { stream: true });
  }
  reader.cancel().catch(() => {});
  throw tooLarge();
}
