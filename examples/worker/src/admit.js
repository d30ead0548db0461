// Who may have a run: the holder of one of the CLIENT_KEYS, as often as the platform's limiter allows each of them.

/** Keys are separated by commas. Without any, nobody gets in. */
export const clientKeys = ({ CLIENT_KEYS = "" }) => CLIENT_KEYS.split(",").map((key) => key.trim()).filter(Boolean);

/** The refusal, or nothing. */
export async function admit(request, env) {
  const key = request.headers.get("authorization")?.replace(/^bearer\s+/i, "") ?? "";
  if (!(await isOneOf(key, clientKeys(env)))) return new Response("wrong key", { status: 401 });
  if (request.method === "POST") return limited(key, env);
}

export async function limited(key, env) {
  if (!(await env.LIMITER.limit({ key })).success) return new Response("too many requests", { status: 429 });
}

/** Every key is compared to its end, so that time tells nothing. */
async function isOneOf(key, keys) {
  const digest = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [asked, ...known] = await Promise.all([key, ...keys].map(digest));
  return known.filter((one) => crypto.subtle.timingSafeEqual(asked, one)).length > 0;
}
