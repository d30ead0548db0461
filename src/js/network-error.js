// Finds out why a `fetch` got no response, if the runtime reports the cause. Node puts a code into
// `cause`, and Bun puts a code into the error. Deno writes a sentence that contains the whole URL.
// Browsers report no cause, because a page must not learn which servers the user's network has.
//
// The core recognises messages that begin with "connection refused" or "no connection"; see
// src/provider/unreachable.rs.

/**
 * The known causes. `pattern` matches a code or a message of a runtime. `text` is our message, in
 * which `{at}` stands for the server's origin. If `isUnsent` is true, the request cannot have
 * reached the server, so the server cannot charge for it.
 * @type {{ pattern: RegExp, text: string, isUnsent: boolean }[]}
 */
const CAUSES = [
  {
    pattern: /^(ECONNREFUSED|ConnectionRefused)$|connection refused|actively refused/i,
    text: "connection refused: no server listens at {at}",
    isUnsent: true,
  },
  {
    pattern: /^(ENOTFOUND|EAI_\w+|DNS\w+)$|getaddrinfo|dns error|failed to lookup/i,
    text: "unknown host: the name of {at} was not found. Is it correct, and is this device online?",
    isUnsent: true,
  },
  {
    pattern: /^(ENETUNREACH|EHOSTUNREACH|ENETDOWN)$|unreachable/i,
    text: "no route to {at}. Is this device online?",
    isUnsent: true,
  },
  {
    pattern: /^(UND_ERR_CONNECT_TIMEOUT|ConnectionTimeout)$|connect\w* timed? ?out/i,
    text: "connecting to {at} took too long",
    isUnsent: true,
  },
  // The request may have been sent, because an open connection can time out, too.
  {
    pattern: /^ETIMEDOUT$/,
    text: "the connection to {at} timed out",
    isUnsent: false,
  },
  {
    pattern: /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|certificate/i,
    text: "the certificate of {at} is not trusted",
    isUnsent: true,
  },
  {
    pattern: /^(ERR_SSL_\w+|EPROTO)$|wrong version number|corrupt message|InvalidContentType/i,
    text: "no TLS at {at}. Is it an `http:` address?",
    isUnsent: true,
  },
  {
    pattern: /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|ConnectionClosed)$|connection (closed|reset)/i,
    text: "the connection to {at} broke before the response",
    isUnsent: false,
  },
  // workerd has only two messages: one for a refused or broken connection, one for other failures.
  {
    pattern: /^(network connection lost|internal error; reference)/i,
    text: "no connection to {at}, or it broke. The runtime does not tell why",
    isUnsent: false,
  },
];

/** Matches the messages of Chromium, Firefox and Safari, which are the same for every cause. */
const BROWSERS = /^(failed to fetch|networkerror when attempting|load failed)/i;

/**
 * Returns why a request has no response, and whether the request cannot have reached the server. If
 * the error has no known code or message, returns `undefined`. The returned message contains only
 * the URL's origin, because a path or a query may contain a key.
 * @param {any} reason what `fetch` threw
 * @param {string} url
 * @returns {{ message: string, isUnsent: boolean } | undefined}
 */
export function networkError(reason, url) {
  const { origin, protocol, hostname } = new URL(url);
  const isLocal = /^(localhost|127\..*|\[::1\]|.*\.localhost)$/.test(hostname);
  const page = globalThis.location;
  // Only browsers have `onLine`.
  if (!isLocal && globalThis.navigator?.onLine === false && isNetworkError(reason)) {
    // The connection may have been lost after the request was sent.
    return { message: "offline: this device has no network connection", isUnsent: false };
  }
  const cause = causeOf(reason);
  if (cause) {
    return { message: cause.text.replace("{at}", origin), isUnsent: cause.isUnsent };
  }
  if (!BROWSERS.test(textOf(reason, "message"))) return undefined;
  if (page?.protocol === "https:" && protocol === "http:" && !isLocal) {
    const rule = "a page with an https: address can't ask an http: address";
    return { message: `no connection to ${origin}: ${rule}`, isUnsent: true };
  }
  const message =
    `no connection to ${origin}. The browser does not tell why: the server is not running, the ` +
    "address is wrong, or the server does not allow requests of this page (CORS)";
  return { message, isUnsent: false };
}

/**
 * Returns the first known cause. Reads the code and the message of the error, of its `cause`, and
 * of the first error of an AggregateError in `cause`.
 * @param {any} reason
 */
function causeOf(reason) {
  const errors = [reason?.cause?.errors?.[0], reason?.cause, reason];
  // A code is exact, so a message is read only if there is no known code.
  for (const field of ["code", "message"]) {
    for (const error of errors) {
      const word = textOf(error, field);
      const found = CAUSES.find(({ pattern }) => word && pattern.test(word));
      if (found) return field === "code" ? { ...found, text: `${found.text} (${word})` } : found;
    }
  }
  return undefined;
}

/** @param {any} reason */
const isNetworkError = (reason) => reason?.name === "TypeError" || causeOf(reason) !== undefined;

/** @param {any} error @param {string} field */
const textOf = (error, field) => (typeof error?.[field] === "string" ? error[field] : "");
