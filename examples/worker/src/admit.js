// Admits a request to /api/v1 or /runs. The request needs one of the CLIENT_KEYS. The platform's
// rate limit counts requests for each key.

/**
 * Returns the keys, which are separated by commas. If there is no key, every request is refused.
 */
export const clientKeys = ({ CLIENT_KEYS = "" }) =>
  CLIENT_KEYS.split(",")
    .map((key) => key.trim())
    .filter(Boolean);

/** Returns the client's key. Anthropic's clients send the key in the header `x-api-key`. */
export function keyOf({ headers }) {
  const bearer = headers.get("authorization")?.replace(/^bearer\s+/i, "");
  return (bearer ?? headers.get("x-api-key") ?? "").trim();
}

/** Returns the refusal, or undefined if the request is admitted. */
export async function admit(request, env) {
  const key = keyOf(request);
  if (!(await isOneOf(key, clientKeys(env)))) return refuse(401, "wrong key");
  const { pathname } = new URL(request.url);
  // Do not count these requests, because readers of a run reconnect often.
  if (pathname.startsWith("/runs/")) return;
  const { success } = await env.LIMITER.limit({ key });
  if (!success) return refuse(429, "too many requests");
}

/** Returns a refusal in the form of OpenRouter's errors. */
export const refuse = (code, message) =>
  Response.json({ error: { code, message } }, { status: code });

/** Compares all keys completely, so that the time reveals nothing about a key. */
async function isOneOf(key, keys) {
  const digest = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [asked, ...known] = await Promise.all([key, ...keys].map(digest));
  return known.filter((one) => crypto.subtle.timingSafeEqual(asked, one)).length > 0;
}
