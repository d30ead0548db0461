// Writes a Response, or a stream, to Node's response.

/** @typedef {import("./index.js").NodeServerResponse} ServerResponse */

/**
 * Returns Node's response. For a reply of Fastify, tells Fastify not to send it, and keeps the
 * headers that plugins have set.
 * @param {import("./index.js").NodeResponse} res
 * @returns {ServerResponse}
 */
export function toServerResponse(res) {
  if (!("raw" in res)) return res;
  res.hijack();
  for (const [name, value] of Object.entries(res.getHeaders())) {
    if (value !== undefined) res.raw.setHeader(name, value);
  }
  return res.raw;
}

/**
 * Returns whether the connection is closed. `close` is then not emitted again.
 * @param {ServerResponse} res
 */
export const isClosed = (res) => res.destroyed || res.closed === true;

/**
 * Calls a function if the client disconnects before the end of the response. Returns a function
 * that removes the listener.
 * @param {ServerResponse} res
 * @param {() => void} leave
 */
export function onLeave(res, leave) {
  const onClose = () => res.writableFinished || leave();
  res.on("close", onClose);
  return () => void res.off("close", onClose);
}

/**
 * @param {Response} response
 * @param {ServerResponse} res
 */
export async function sendResponse({ status, statusText, headers, body }, res) {
  res.statusCode = status;
  // HTTP/2 has no status text. If one is set, Node prints a warning.
  if (statusText && !("stream" in res)) res.statusMessage = statusText;
  for (const [name, value] of headers) {
    if (name !== "set-cookie") res.setHeader(name, value);
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) {
    const own = res.getHeader("set-cookie");
    res.setHeader("set-cookie", [...(own === undefined ? [] : [own].flat()), ...cookies]);
  }
  if (body) await writeBody(body, res);
  else res.end();
}

/**
 * Writes a stream as fast as the client reads it. If the client disconnects, cancels the stream. If
 * the stream fails, closes the connection, so that the client notices the incomplete response.
 * Resolves with `true` if the whole stream was written before the client disconnected.
 * @param {ReadableStream<Uint8Array>} body
 * @param {ServerResponse} res
 */
export async function writeBody(body, res) {
  const reader = body.getReader();
  let isOpen = !isClosed(res);
  let wake = () => {};
  const onClose = () => {
    isOpen = false;
    reader.cancel().catch(() => {});
    wake();
  };
  res.on("close", onClose);
  // A write after a disconnect may emit `error` before `close`. Without a listener, it would throw.
  const ignore = () => {};
  res.on("error", ignore);
  try {
    if (!isOpen) onClose();
    while (isOpen) {
      const { done, value } = await reader.read();
      if (done || !isOpen) break;
      if (res.write(value)) continue;
      /** @type {Promise<void>} */
      const drained = new Promise((resolve) => {
        wake = resolve;
        res.once("drain", resolve);
      });
      await drained;
    }
    if (!isOpen) return false;
    /** @type {Promise<void>} */
    const finished = new Promise((resolve) => {
      wake = resolve;
      res.once("finish", resolve);
    });
    res.end();
    await finished;
    // True even if the client disconnects after the last event and before the end.
    return true;
  } catch {
    res.destroy();
    return false;
  } finally {
    res.off("close", onClose);
  }
}
