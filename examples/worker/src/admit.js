// Who may have a run: the holder of CLIENT_KEY, so often as the platform's limiter allows.

/** The refusal, or nothing. */
export async function admit(request, env) {
  const key = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  if (!(await isSame(key, env.CLIENT_KEY))) return new Response("wrong key", { status: 401 });
  const isNew = request.method === "POST";
  if (isNew && !(await env.LIMITER.limit({ key })).success) return new Response("too many requests", { status: 429 });
}

/** Without telling by its time how much of the key was right. */
async function isSame(a, b) {
  const digest = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [x, y] = await Promise.all([digest(a), digest(b)]);
  return crypto.subtle.timingSafeEqual(x, y);
}
