// Decides which requests may reach the endpoint, by the headers `Host` and `Origin`.

import { isIP } from "node:net";

/**
 * Returns whether an address is only reachable from this machine.
 * @param {string} host
 */
export const isLoopback = (host) =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/**
 * Returns a function that checks a request. It returns the reason for a refusal, or undefined.
 *
 * A page of another origin must not use the endpoint. For such a page, a browser sends `Origin`
 * with each POST request. After DNS rebinding, the page's name leads to this machine, but `Host`
 * still contains that name. An IP address cannot be rebound.
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
    if (name === undefined || !isKnown(name))
      return `the host ${headers.host} is not allowed; --allow-host ${name ?? "NAME"} allows it`;
    const { origin } = headers;
    if (origin !== undefined && !anyOrigin && !origins.includes(origin))
      return `the origin ${origin} is not allowed; --allow-origin ${origin} allows it`;
    const site = headers["sec-fetch-site"];
    // A page's request may have no `Origin`, for example if it loads an image.
    if (origin === undefined && site !== undefined && site !== "none" && site !== "same-origin")
      return "a page of another origin is not allowed";
    return undefined;
  };
}

/**
 * Returns the name or address of a `Host` header, without the port and brackets.
 * @param {string | undefined} header
 */
function hostname(header) {
  if (!header || !/^[\w.:[\]-]+$/.test(header)) return undefined;
  try {
    return new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  } catch {
    return undefined;
  }
}
