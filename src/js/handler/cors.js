// Allows cross-origin requests from the origins that the server names. By default, no origin is
// allowed. <https://fetch.spec.whatwg.org/#http-cors-protocol>

const EXPOSED = "retry-after, x-generation-id, x-request-id, request-id, x-should-retry";

/**
 * @typedef {object} Cors
 * @property {(request: Request) => Record<string, string>} headers for every response
 * @property {(request: Request) => Response | undefined} preflight
 */

/**
 * @param {import("../handler.js").HandlerOptions["cors"]} cors
 * @returns {Cors}
 */
export function createCors(cors) {
  if (cors === undefined) return { headers: () => ({}), preflight: () => undefined };
  const { origins, ...others } = cors ?? {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new TypeError(`\`cors.${unknown}\` is unknown; known is origins`);
  if (origins !== "*" && !isOriginList(origins)) {
    throw new TypeError(
      '`cors.origins` must be "*", or an array of origins such as "https://app.example"',
    );
  }
  /** @param {Request} request */
  const headers = (request) => {
    const origin = request.headers.get("origin");
    const allowed = origins === "*" ? "*" : origins.find((item) => item === origin);
    return {
      // The response depends on the origin. Without this header, a cache could send it to another
      // origin.
      ...(origins !== "*" && { vary: "origin" }),
      ...(origin &&
        allowed && {
          "access-control-allow-origin": allowed,
          "access-control-expose-headers": EXPOSED,
        }),
    };
  };
  /** @param {Request} request */
  const preflight = (request) => {
    if (request.method !== "OPTIONS") return undefined;
    /** @type {Record<string, string>} */
    const granted = headers(request);
    if (granted["access-control-allow-origin"]) {
      granted["access-control-allow-methods"] = "GET, HEAD, POST, OPTIONS";
      // `*` does not cover `authorization`, so the requested headers are allowed by name.
      granted["access-control-allow-headers"] =
        request.headers.get("access-control-request-headers") ?? "authorization, content-type";
      granted["access-control-max-age"] = "86400";
    }
    return new Response(null, { status: 204, headers: granted });
  };
  return { headers, preflight };
}

/** @param {unknown} origins */
const isOriginList = (origins) => Array.isArray(origins) && origins.every(isOrigin);

/**
 * Returns whether a text is an origin. The page of a browser extension sends
 * `chrome-extension://ID`, for which `URL` returns the origin `null`.
 * @param {unknown} text
 */
function isOrigin(text) {
  if (typeof text !== "string" || !URL.canParse(text)) return false;
  const { origin, protocol, host } = new URL(text);
  return text === (origin === "null" && host ? `${protocol}//${host}` : origin);
}
