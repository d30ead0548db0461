// A redirect to another origin takes no key along. Everybody's `fetch` leaves `authorization` behind there, workerd's not even that, and nobody's
// Anthropic's `x-api-key` or a header of the caller's own.

const STATUSES = [301, 302, 303, 307, 308];
// As many as browsers follow.
const MAX_REDIRECTS = 20;
// `fetch` may do with them as it always does.
const ORDINARY = ["content-type", "authorization", "anthropic-version", "anthropic-dangerous-direct-browser-access"];

/** The global `fetch`, looked up call by call, as pages and tests replace it; with its redirects followed by hand where it would take a key along. */
export function fetchWithoutKeyElsewhere(url, init) {
  return [...init.headers.keys()].every((name) => ORDINARY.includes(name)) ? globalThis.fetch(url, init) : fetchByHand(url, init);
}

/** With the redirects of a GET or a POST followed as <https://fetch.spec.whatwg.org/#http-redirect-fetch> has it. */
export async function fetchByHand(url, init) {
  for (let followed = 0; followed <= MAX_REDIRECTS; followed++) {
    const response = await globalThis.fetch(url, { ...init, redirect: "manual" });
    if (response.type === "opaqueredirect") throw new TypeError("redirected, and a page is not told where to; the key stays here");
    const location = STATUSES.includes(response.status) && response.headers.get("location");
    if (!location) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol)) throw new TypeError(`redirected to ${next.protocol}, which is no http`);
    const headers = new Headers(init.headers);
    // A key may travel under any name; what is left is what every server may see.
    if (next.origin !== new URL(url).origin) for (const name of [...headers.keys()]) if (name !== "content-type") headers.delete(name);
    const { body, ...bare } = init;
    const turns = init.method === "POST" && response.status < 307;
    if (turns) headers.delete("content-type");
    init = turns ? { ...bare, method: "GET", headers } : { ...init, headers };
    url = next.href;
  }
  throw new TypeError("too many redirects");
}
