// In: a Response, as any `fetch` may give it. Out: at most so many of its bytes, and what they say.

/** Calls `fetch`, and makes sure that what comes is a Response. */
export async function ask(fetch, url, init) {
  let response;
  try {
    response = await fetch(url.href, init);
  } catch (error) {
    if (init.signal.aborted) throw error;
    throw new Error(`${url.host} could not be reached: ${error?.cause?.code ?? error?.cause?.message ?? error?.message ?? error}${inPage}`, { cause: error });
  }
  const streams = response?.body === null || typeof response?.body?.getReader === "function";
  if (!streams || typeof response.status !== "number" || typeof response.headers?.get !== "function") throw new Error("fetch gave something that is no Response");
  // One that ignores its signal has come too late.
  if (init.signal.aborted) discard(response);
  return response;
}

const inPage = typeof document === "object" ? "; in a page only what its server opens to it (CORS) can be read" : "";

/** Nobody waits for it: a stream that is not to be read may never end. */
export function discard(response) {
  response.body?.cancel().catch(() => {});
}

/** Decoded bytes, so that a small body that unpacks to a large one is cut as well. */
export async function read(response, max_bytes, signal) {
  const reader = response.body?.getReader();
  if (!reader) return { bytes: new Uint8Array(), isCut: false };
  const stop = () => reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await gather(reader, max_bytes);
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

async function gather(reader, max_bytes) {
  const chunks = [];
  let length = 0;
  let reads = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: joined(chunks, length), isCut: false };
    if (!(value instanceof Uint8Array)) throw new Error("the body is no bytes");
    chunks.push(value);
    length += value.length;
    reads += 1;
    // Empty chunks count too: a stream of nothing but them would leave no turn to the clock.
    if (length > max_bytes || reads > max_bytes) return { bytes: joined(chunks, length).subarray(0, max_bytes), isCut: true };
  }
}

function joined(chunks, length) {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** As <https://mimesniff.spec.whatwg.org/#binary-data-byte> has it, in the bytes it looks at. */
export const isBinary = (bytes) => !bom(bytes) && bytes.subarray(0, 1445).some((byte) => byte <= 8 || byte === 0xb || (byte >= 0xe && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f));

export const startsWith = (bytes, text) => latin1(bytes.subarray(0, text.length)) === text;

/** @param contentType the header's, or "" */
export function decoded({ bytes, isCut }, contentType) {
  const decoder = decoderFor(bom(bytes) ?? charset(contentType) ?? declared(bytes) ?? "utf-8");
  // What was cut may end within a sign.
  return decoder.decode(bytes, { stream: isCut });
}

export const charset = (contentType) => /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType)?.[1];

function bom(bytes) {
  if (startsWith(bytes, "\xef\xbb\xbf")) return "utf-8";
  if (startsWith(bytes, "\xff\xfe")) return "utf-16le";
  return startsWith(bytes, "\xfe\xff") ? "utf-16be" : undefined;
}

/** By `<meta>` or the XML declaration, which can be read only if it is no UTF-16. */
function declared(bytes) {
  const head = latin1(bytes.subarray(0, 1024));
  const label = /<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)|^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)/i.exec(head)?.slice(1).find(Boolean);
  return /^utf-?16/i.test(label) ? "utf-8" : label;
}

function decoderFor(label) {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

const latin1 = (bytes) => String.fromCharCode(...bytes);
