// Says why a `fetch` brought no response, as far as the runtime tells it. Each runtime has words of
// its own: Node puts a code into `cause`, Bun into the error, Deno writes a sentence with the whole
// address. Browsers tell no cause, because a page must not explore the user's network.
//
// The core reads the beginnings "connection refused" and "no connection"; see
// src/provider/unreachable.rs.

/**
 * What happened, by the codes and words of the runtimes. `{at}` is the server's origin. `isUnsent`:
 * the request cannot have reached the server, so the server cannot charge for it.
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
  // An open connection can time out, too.
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
  // workerd has one text for a refused and a broken connection, and one for everything else.
  {
    pattern: /^(network connection lost|internal error; reference)/i,
    text: "no connection to {at}, or it broke. The runtime does not tell why",
    isUnsent: false,
  },
];

/** What the browsers say for every failure: Chromium, Firefox, Safari. */
const BROWSERS = /^(failed to fetch|networkerror when attempting|load failed)/i;

/**
 * Returns why a request has no response, and whether it cannot have reached the server. Returns
 * `undefined` if neither a code nor the words are known. The message has the server's origin alone:
 * a path or a query may contain a key.
 * @param {any} reason what `fetch` threw
 * @param {string} url
 * @returns {{ message: string, isUnsent: boolean } | undefined}
 */
export function networkError(reason, url) {
  const { origin, protocol, hostname } = new URL(url);
  const isLocal = /^(localhost|127\..*|\[::1\]|.*\.localhost)$/.test(hostname);
  const page = globalThis.location;
  // Other runtimes than browsers have no `onLine`.
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
 * Returns the first known cause of an error, of its `cause` and of the errors in an AggregateError.
 * @param {any} reason
 */
function causeOf(reason) {
  const errors = [reason?.cause?.errors?.[0], reason?.cause, reason];
  // A code is exact. Words are read only if there is no known code.
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
