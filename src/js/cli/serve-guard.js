// Decides which requests may reach the endpoint, by the headers `Host` and `Origin`.

import { isIP } from "node:net";

/**
 * Returns whether an address is only reachable from this machine.
 * @param {string} host
 */
export const isLoopback = (host) =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/**
 * Returns a function that checks a request. This function returns the reason if the request must be
 * refused, and otherwise `undefined`.
 *
 * A web page of another origin must not use the endpoint. A browser sends `Origin` with each POST
 * request of such a page. With DNS rebinding, the host name of a page resolves to this machine, but
 * `Host` contains the page's name. DNS rebinding cannot use an IP address.
 * @param {object} options
 * @param {string} options.host the address that the server listens on
 * @param {readonly string[]} options.hosts further names of the server
 * @param {readonly string[]} options.origins
 * @returns {(headers: import("node:http").IncomingHttpHeaders) => string | undefined}
 */
export function createGuard({ host, hosts, origins }) {
  const names = new Set([host, ...hosts].map((name) => name.toLowerCase()));
  const isLocal = isLoopback(host);
  /** @param {string} name */
  const isKnown = (name) => names.has(name) || isLoopback(name) || (!isLocal && isIP(name) !== 0);
  const anyOrigin = origins.includes("*");
  return (headers) => {
    const name = hostname(headers.host);
    if (name === undefined || !isKnown(name)) {
      const hint = name === undefined ? "" : `; --allow-host ${name} allows it`;
      return `the host ${headers.host ?? ""} is not allowed${hint}`;
    }
    const { origin } = headers;
    if (origin !== undefined && !anyOrigin && !origins.includes(origin)) {
      const hint = isOrigin(origin) ? `; --allow-origin ${origin} allows it` : "";
      return `the origin ${origin} is not allowed${hint}`;
    }
    const site = headers["sec-fetch-site"];
    // Some requests of a web page have no `Origin`, for example the request for an image.
    if (origin === undefined && site !== undefined && site !== "none" && site !== "same-origin")
      return "a page of another origin is not allowed";
    return undefined;
  };
}

/**
 * Returns the name or address of a `Host` header, without the port and brackets.
 * @param {string | undefined} header
 */
export function hostname(header) {
  if (!header || !/^[\w.:[\]-]+$/.test(header)) return undefined;
  try {
    return new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  } catch {
    return undefined;
  }
}

/**
 * Returns whether a text is an origin as a browser sends it. For `chrome-extension://ID`, the class
 * `URL` has the origin "null", but the browser sends `chrome-extension://ID`.
 * @param {string} text
 */
export function isOrigin(text) {
  if (!/^[a-z][\w+.-]*:\/\/[\w.:[\]-]+$/.test(text) || !URL.canParse(text)) return false;
  const { origin, protocol, host } = new URL(text);
  return text === (origin === "null" ? `${protocol}//${host}` : origin);
}
