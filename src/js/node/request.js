// Makes a Request from Node's request.

/** Methods that the Fetch standard forbids. `new Request()` throws for them. */
const FORBIDDEN = new Set(["CONNECT", "TRACE", "TRACK"]);

/**
 * Returns a Request. If Node's request cannot become a Request, returns a Response that refuses it.
 * @param {any} req of Express, Fastify or plain http
 * @param {AbortSignal} signal
 */
export function toRequest(req, signal) {
  // Fastify's request has Node's request as `raw`.
  const raw = req.raw ?? req;
  const { method } = raw;
  if (FORBIDDEN.has(method?.toUpperCase())) return new Response("Not Implemented", { status: 501 });
  const url = urlOf(req, raw);
  if (!url) return new Response("Bad Request", { status: 400 });
  const headers = toHeaders(raw.headers);
  const init = { method, headers, signal, duplex: "half" };
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(url, {
    ...init,
    ...(hasBody && { body: bodyOf(req, raw, headers) }),
  });
}

/** @param {Record<string, string | string[] | undefined>} fields */
function toHeaders(fields) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    // HTTP/2's headers include pseudo-headers such as `:method`.
    if (value === undefined || name.startsWith(":")) continue;
    for (const one of [value].flat()) headers.append(name, one);
  }
  return headers;
}

/**
 * Returns the URL that the client requested. The path and the query come only from the request
 * target, not from the header `Host`. Prefers `originalUrl`, because a router of Express removes
 * its own path from `url`. Returns `undefined` if the host is not valid.
 * @param {any} req
 * @param {any} raw
 */
function urlOf(req, raw) {
  const target = String(req.originalUrl ?? raw.url ?? "/");
  const isSecure = (req.protocol ?? (raw.socket?.encrypted ? "https" : "http")) === "https";
  const given = raw.headers[":authority"] ?? raw.headers.host;
  const [, authority, rest] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  // The request target may be a whole URL. Its host then replaces the header `Host`: RFC 9112,
  // section 3.2.2.
  const host = authority ?? (given || "localhost");
  const path = rest ?? target;
  const origin = `${isSecure ? "https" : "http"}://${host}`;
  // Check the host. A host such as `x/admin?` or `user:password@x` would change the URL's path or
  // user.
  if (!HOST.test(host) || !URL.canParse(origin)) return undefined;
  // In a request `OPTIONS *`, the target `*` is not a path.
  return /^[/?]/.test(path) ? `${origin}${path}` : origin;
}

/** A name or an address, and perhaps a port. */
const HOST = /^(?:\[[\da-f:.]+\]|[^\s/\\?#@:[\]]+)(?::\d*)?$/i;

/**
 * Returns the body. If a parser such as `express.json()` has read the body, serializes the parsed
 * value.
 * @param {any} req
 * @param {any} raw
 * @param {Headers} headers for a serialized body, the headers about the body's encoding are changed
 * @returns {any}
 */
function bodyOf(req, raw, headers) {
  // Check whether the body was read, because Express 4 sets `req.body` to `{}` even before a parser
  // has read the body.
  const isParsed = req.body !== undefined && (raw.readableDidRead || raw.readableEnded);
  if (!isParsed) return toStream(raw);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) {
    headers.delete(name);
  }
  // If the body is empty, Express's parsers set `req.body` to `{}`, which must not become a body.
  if (raw.headers["content-length"] === "0") return "";
  const { body } = req;
  if (body instanceof Uint8Array) return body;
  const isJson = /\bjson\b/i.test(headers.get("content-type") ?? "");
  if (typeof body === "string" && !(isJson && isParsedString(body))) return body;
  if (!isJson) headers.set("content-type", "application/json");
  return JSON.stringify(body);
}

/**
 * Returns whether a string is the value that a JSON parser has made from the body. Otherwise a text
 * parser has read the body, and the string is the body itself.
 * @param {string} body
 */
function isParsedString(body) {
  try {
    const value = JSON.parse(body);
    return value === null || typeof value !== "object";
  } catch {
    return true;
  }
}

/**
 * Returns a stream of the request's body, which is read on demand. If the stream is cancelled, the
 * rest of the body stays unread. The connection stays open, because the response still needs it.
 * @param {any} raw
 */
function toStream(raw) {
  const iterator =
    raw.iterator?.({ destroyOnReturn: false }) ?? /** @type {any} */ (raw)[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(new Uint8Array(value));
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
