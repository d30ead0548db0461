// Cross-origin requests: off, unless the owner names the origins that may make them.
// <https://fetch.spec.whatwg.org/#http-cors-protocol>

/** Gives `headers(request)` for every response, and `preflight(request)`: a response, or nothing where there is none to give. */
export function crossOrigin(cors) {
  if (cors === undefined) return { headers: () => ({}), preflight: () => undefined };
  const { origins } = cors ?? {};
  if (origins !== "*" && !(Array.isArray(origins) && origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin))) {
    throw new TypeError('`cors.origins` must be "*", or an array of origins such as "https://app.example"');
  }
  const headers = (request) => {
    const origin = request.headers.get("origin");
    const allowed = origins === "*" ? "*" : origins.find((one) => one === origin);
    return {
      // A cache must not hand one origin's permission to another.
      ...(origins !== "*" && { vary: "origin" }),
      ...(origin && allowed && { "access-control-allow-origin": allowed, "access-control-expose-headers": "retry-after, x-generation-id" }),
    };
  };
  const preflight = (request) => {
    if (request.method !== "OPTIONS") return undefined;
    const granted = headers(request);
    if (granted["access-control-allow-origin"]) {
      granted["access-control-allow-methods"] = "GET, POST, OPTIONS";
      // `*` does not cover Authorization, so what is asked for is granted by name.
      granted["access-control-allow-headers"] = request.headers.get("access-control-request-headers") ?? "authorization, content-type";
      granted["access-control-max-age"] = "86400";
    }
    return new Response(null, { status: 204, headers: granted });
  };
  return { headers, preflight };
}
