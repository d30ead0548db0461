// A redirect to another origin takes no key along. `fetch` itself leaves `authorization` behind there, on workerd not even that, and Anthropic's
// `x-api-key` nowhere.

// As many as browsers follow.
const MAX_REDIRECTS = 20;
// What every server may see.
const HARMLESS = ["content-type"];

/** The global `fetch`, looked up call by call, as pages and tests replace it; with redirects followed by hand, as
 *  <https://fetch.spec.whatwg.org/#http-redirect-fetch> has it. */
export async function fetchWithoutKeyElsewhere(url, init) {
  for (let followed = 0; followed <= MAX_REDIRECTS; followed++) {
    const response = await globalThis.fetch(url, { ...init, redirect: "manual" });
    // A page is not told where it leads. There `fetch` has to follow by itself, where it leaves behind all that matters.
    if (response.type === "opaqueredirect") {
      if (named(init).every((name) => name === "authorization")) return globalThis.fetch(url, init);
      throw new TypeError("redirected, and a page can't see where to; its key stays here");
    }
    const location = response.status >= 301 && response.status <= 308 && response.headers.get("location");
    if (!location) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    const headers = new Headers(init.headers);
    // A key may travel under any name.
    if (next.origin !== new URL(url).origin) for (const name of named(init)) headers.delete(name);
    const { body, ...bare } = init;
    init = response.status >= 307 ? { ...init, headers } : { ...bare, method: "GET", headers };
    url = next.href;
  }
  throw new TypeError("too many redirects");
}

const named = ({ headers }) => [...new Headers(headers).keys()].filter((name) => !HARMLESS.includes(name));
