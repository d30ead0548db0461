// workerd takes the key along when it follows a redirect to another origin. Browsers and Node leave it behind; so does this.

// As many as browsers follow.
const MAX_REDIRECTS = 20;

/** `fetch`, with redirects followed as <https://fetch.spec.whatwg.org/#http-redirect-fetch> has it. */
export async function fetchWithoutKeyElsewhere(url, init) {
  for (let followed = 0; followed <= MAX_REDIRECTS; followed++) {
    const response = await fetch(url, { ...init, redirect: "manual" });
    const location = response.status >= 301 && response.status <= 308 && response.headers.get("location");
    if (!location) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    const headers = new Headers(init.headers);
    // A key may travel under any name; what is left is what every server may see.
    if (next.origin !== new URL(url).origin) for (const name of [...headers.keys()]) if (name !== "content-type") headers.delete(name);
    const { body, ...bare } = init;
    init = response.status >= 307 ? { ...init, headers } : { ...bare, method: "GET", headers };
    url = next.href;
  }
  throw new TypeError("too many redirects");
}
