// Makes a Request from Node's request.

/**
 * @param {any} req of Express, Fastify or plain http
 * @param {AbortSignal} signal
 */
export function toRequest(req, signal) {
  // Fastify's request has Node's request as `raw`.
  const raw = req.raw ?? req;
  const { method } = raw;
  const headers = toHeaders(raw.headers);
  const init = { method, headers, signal, duplex: "half" };
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(urlOf(req, raw), {
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
 * Returns the URL that the client requested. Express's routers shorten `url`, so `originalUrl` is
 * used first.
 * @param {any} req
 * @param {any} raw
 */
function urlOf(req, raw) {
  const path = req.originalUrl ?? raw.url;
  const protocol = req.protocol ?? (raw.socket?.encrypted ? "https" : "http");
  const host = raw.headers[":authority"] ?? raw.headers.host;
  // A client may send any `Host` header, and any request target such as `*` or `//other.example/`.
  for (const base of [`${protocol}://${host}`, "http://localhost"]) {
    const url = path?.startsWith("/") ? `${base}${path}` : base;
    if (URL.canParse(url)) return url;
  }
  return "http://localhost/";
}

/**
 * Returns the body. If a parser such as `express.json()` has read it, writes the parsed value
 * again.
 * @param {any} req
 * @param {any} raw
 * @param {Headers} headers changed to match the body
 */
function bodyOf(req, raw, headers) {
  // Before a parser has read the body, Express 4 sets `{}`.
  const isParsed = req.body !== undefined && (raw.readableDidRead || raw.readableEnded);
  if (!isParsed) return toStream(raw);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) {
    headers.delete(name);
  }
  if (typeof req.body === "string" || req.body instanceof Uint8Array) return req.body;
  if (!/\bjson\b/i.test(headers.get("content-type") ?? "")) {
    headers.set("content-type", "application/json");
  }
  return JSON.stringify(req.body);
}

/**
 * Returns a stream of the request's body, read on demand. A cancel leaves the rest unread and keeps
 * the connection, which the response still needs.
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
