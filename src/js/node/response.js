// Writes a Response, or a stream, to Node's response.

/** @typedef {import("./index.js").NodeServerResponse} ServerResponse */

/**
 * Returns Node's response. If `res` is a reply of Fastify, tells Fastify not to send the reply.
 * Copies the headers that Fastify's plugins have set to the response.
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
 * The responses that this module has ended. Any other code, such as a timeout middleware, may end a
 * response too.
 * @type {WeakSet<ServerResponse>}
 */
const ended = new WeakSet();

/**
 * Returns whether the response can no longer be written, because the connection is closed or other
 * code has ended the response. The event `close` may have been emitted already. The response of
 * HTTP/2 has neither `destroyed` nor `closed`, but its stream has both.
 * @param {ServerResponse} res
 */
export const isClosed = (res) =>
  [res, res.stream].some((one) => one?.destroyed || one?.closed) || res.writableEnded === true;

/**
 * Adds a listener. It calls `leave` if the client disconnects before the end of the response, or if
 * other code ends the response. Returns a function that removes the listener.
 * @param {ServerResponse} res
 * @param {() => void} leave
 */
export function onLeave(res, leave) {
  const onClose = () => {
    const isFinished = res.writableFinished ?? res.stream?.writableFinished;
    if (!isFinished || !ended.has(res)) leave();
  };
  res.on("close", onClose);
  return () => void res.off("close", onClose);
}

/** @param {ServerResponse} res */
function end(res) {
  ended.add(res);
  res.end();
}

/** Returns whether the request has the method HEAD. The response to such a request has no body. */
export const isHead = (/** @type {ServerResponse} */ res) => res.req?.method === "HEAD";

/**
 * Writes a response. If the response cannot be written, cancels the stream of its body.
 * @param {Response} response
 * @param {ServerResponse} res
 */
export async function sendResponse(response, res) {
  const { body } = response;
  let isWanted = false;
  try {
    if (isClosed(res)) return;
    writeHead(response, res);
    isWanted = body !== null && !isHead(res);
  } finally {
    if (!isWanted) await body?.cancel().catch(() => {});
  }
  if (isWanted) await writeBody(/** @type {any} */ (body), res);
  else end(res);
}

/**
 * @param {Response} response
 * @param {ServerResponse} res
 */
function writeHead({ status, statusText, headers }, res) {
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
  // A write after a disconnect may emit `error` before `close`. Without a listener, Node would
  // throw this error.
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
    end(res);
    await finished;
    // The whole stream was written, even if the client has disconnected in the meantime.
    return true;
  } catch {
    res.destroy();
    return false;
  } finally {
    res.off("close", onClose);
  }
}
