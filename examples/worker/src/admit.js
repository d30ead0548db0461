// Admits a request with one of the CLIENT_KEYS, within the platform's rate limit for each key.

/** Returns the keys, which are separated by commas. Without keys every request is refused. */
export const clientKeys = ({ CLIENT_KEYS = "" }) =>
  CLIENT_KEYS.split(",")
    .map((key) => key.trim())
    .filter(Boolean);

/** Returns the refusal, or undefined if the request is admitted. */
export async function admit(request, env) {
  const key = request.headers.get("authorization")?.replace(/^bearer\s+/i, "") ?? "";
  if (!(await isOneOf(key, clientKeys(env)))) return new Response("wrong key", { status: 401 });
  if (request.method === "POST") return limited(key, env);
}

export async function limited(key, env) {
  if (!(await env.LIMITER.limit({ key })).success)
    return new Response("too many requests", { status: 429 });
}

/** Compares each key to its end, so the time reveals nothing about a key. */
async function isOneOf(key, keys) {
  const digest = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [asked, ...known] = await Promise.all([key, ...keys].map(digest));
  return known.filter((one) => crypto.subtle.timingSafeEqual(asked, one)).length > 0;
}
