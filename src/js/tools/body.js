// Calls a `fetch` function, and reads a limited number of bytes of its Response.

import { concat } from "../bytes.js";
import { createTurnLimit } from "../event-loop.js";
import { byteOrderMark } from "./charset.js";

/**
 * The bytes of a body. `isCut` is true if the body is longer than a limit.
 * @typedef {{ bytes: Uint8Array, isCut: boolean }} Body
 */

/**
 * Calls `fetch`. Throws if it does not return a Response.
 * @param {typeof globalThis.fetch} fetch
 * @param {URL} url
 * @param {RequestInit & { signal: AbortSignal }} init
 */
export async function fetchChecked(fetch, url, init) {
  let response;
  try {
    response = await fetch(url.href, init);
  } catch (/** @type {any} */ error) {
    if (init.signal.aborted) throw error;
    const { code, message } = error?.cause ?? {};
    const reason = code ?? message ?? error?.message ?? error;
    throw new Error(`${url.host} could not be reached: ${reason}${CORS_HINT}`, { cause: error });
  }
  const hasBody = response?.body === null || typeof response?.body?.getReader === "function";
  const hasHeaders = typeof response?.headers?.get === "function";
  if (!hasBody || !hasHeaders || typeof response.status !== "number") {
    throw new Error("fetch gave something that is no Response");
  }
  // A `fetch` that ignores its signal may return a response after the abort.
  if (init.signal.aborted) discard(response);
  return response;
}

const CORS_HINT =
  typeof document === "object"
    ? "; in a page only what its server opens to it (CORS) can be read"
    : "";

/**
 * Cancels a body. Does not wait for the cancellation, which may never end.
 * @param {Response} response
 */
export function discard(response) {
  response.body?.cancel().catch(() => {});
}

/**
 * Reads a body up to `max_bytes`. Counts decompressed bytes, because a small body may decompress to
 * a large one.
 * @param {Response} response
 * @param {number} max_bytes
 * @param {AbortSignal} signal
 * @returns {Promise<Body>}
 */
export async function readBody(response, max_bytes, signal) {
  const reader = response.body?.getReader();
  if (!reader) return { bytes: new Uint8Array(), isCut: false };
  const cancel = () => {
    reader.cancel().catch(() => {});
  };
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await readChunks(reader, max_bytes);
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

/**
 * @param {ReadableStreamDefaultReader<unknown>} reader
 * @param {number} max_bytes
 * @returns {Promise<Body>}
 */
async function readChunks(reader, max_bytes) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  const turnEnd = createTurnLimit();
  let length = 0;
  let reads = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: concat(chunks, length), isCut: false };
    if (!(value instanceof Uint8Array)) throw new Error("the body is no bytes");
    if (value.length > 0) chunks.push(value);
    length += value.length;
    reads += 1;
    if (length > max_bytes || reads > max_bytes) {
      return { bytes: concat(chunks, length).subarray(0, max_bytes), isCut: true };
    }
    const wait = turnEnd(value.length);
    if (wait) await wait;
  }
}

/**
 * Returns whether the first bytes are binary data.
 * <https://mimesniff.spec.whatwg.org/#binary-data-byte>
 * @param {Uint8Array} bytes
 */
export const isBinary = (bytes) => !byteOrderMark(bytes) && bytes.subarray(0, 1445).some(isControl);

/** @param {number} byte */
const isControl = (byte) =>
  byte <= 8 || byte === 0xb || (byte >= 0xe && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f);
