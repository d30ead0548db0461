// Calls a `fetch` function, reads a limited number of bytes of its Response, and decodes them.

import { concat } from "../bytes.js";
import { createTurnLimit } from "../event-loop.js";

/**
 * A body, up to a limit.
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
  // A `fetch` that ignores its signal may return after the abort.
  if (init.signal.aborted) discard(response);
  return response;
}

const CORS_HINT =
  typeof document === "object"
    ? "; in a page only what its server opens to it (CORS) can be read"
    : "";

/**
 * Cancels a body without waiting, because a stream may never end.
 * @param {Response} response
 */
export function discard(response) {
  response.body?.cancel().catch(() => {});
}

/**
 * Reads a limited number of decompressed bytes. This also limits a small body that decompresses to
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

/** @param {Uint8Array} bytes @param {string} text */
export const startsWith = (bytes, text) => latin1(bytes.subarray(0, text.length)) === text;

/**
 * Decodes a body by its byte order mark, its content type, or its own declaration.
 * @param {Body} body
 * @param {string} contentType the header, or ""
 */
export function decode({ bytes, isCut }, contentType) {
  const label = byteOrderMark(bytes) ?? charset(contentType) ?? declaredCharset(bytes) ?? "utf-8";
  // A truncated body may end inside a character. The option `stream` drops that character.
  return decoderFor(label).decode(bytes, { stream: isCut });
}

/** @param {string} contentType */
export const charset = (contentType) => /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType)?.[1];

/** @param {Uint8Array} bytes */
function byteOrderMark(bytes) {
  if (startsWith(bytes, "\xef\xbb\xbf")) return "utf-8";
  if (startsWith(bytes, "\xff\xfe")) return "utf-16le";
  return startsWith(bytes, "\xfe\xff") ? "utf-16be" : undefined;
}

const DECLARATION =
  /<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)|^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)/i;

/**
 * Returns the charset of `<meta>` or of the XML declaration. If such a declaration names UTF-16, it
 * is wrong, because it was readable as ASCII.
 * @param {Uint8Array} bytes
 */
function declaredCharset(bytes) {
  const head = latin1(bytes.subarray(0, 1024));
  const label = DECLARATION.exec(head)?.slice(1).find(Boolean);
  return label !== undefined && /^utf-?16/i.test(label) ? "utf-8" : label;
}

/** @param {string} label */
function decoderFor(label) {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

/** @param {Uint8Array} bytes */
const latin1 = (bytes) => String.fromCharCode(...bytes);
