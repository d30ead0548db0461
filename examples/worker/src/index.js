// The OpenRouter-compatible endpoint under /api/v1, and runs that outlive their connection under
// /runs.
import { createHandler } from "llm-fuse/handler";
import { admit, clientKeys, limited } from "./admit.js";

export { HeldRun } from "./held-run.js";

/** A storage value has at most 2 MB, and a snapshot has the request and all answers. */
const MAX_BODY = 500_000;

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (clientKeys(env).length === 0)
      return new Response("the secret CLIENT_KEYS is not set", { status: 500 });
    if (pathname.startsWith("/api/v1/")) return endpoint(env)(request);

    const refusal = await admit(request, env);
    if (refusal) return refusal;
    const [, isRuns, id] = pathname.match(/^(\/runs)(?:\/([0-9a-f]{64}))?$/) ?? [];
    if (isRuns && !id && request.method === "POST") return begin(request, env);
    const run = id && held(id, env);
    if (run && request.method === "GET") return run.fetch(request);
    if (run && request.method === "DELETE" && (await run.cancel()))
      return new Response(null, { status: 204 });
    return new Response("not found", { status: 404 });
  },
};

/** For OpenRouter's SDKs, with this Worker's /api/v1 as `baseURL` and one of the CLIENT_KEYS. */
function endpoint(env) {
  return createHandler({
    apiKey: env.OPENROUTER_API_KEY,
    baseURL: env.BASE_URL,
    clientKeys: clientKeys(env),
    max_cost: env.MAX_COST ? Number(env.MAX_COST) : undefined,
    authorize: async (_, key) => (await limited(key, env)) ?? true,
  });
}

async function begin(request, env) {
  if (!(Number(request.headers.get("content-length")) <= MAX_BODY))
    return new Response(`the body is larger than ${MAX_BODY} bytes`, { status: 413 });
  const asked = await request.json().catch(() => undefined);
  if (typeof asked !== "object" || asked === null || Array.isArray(asked))
    return new Response("the body must be a FusionRequest as JSON", { status: 400 });
  // In USD. A client may set a lower limit.
  if (env.MAX_COST) asked.max_cost = Math.min(asked.max_cost ?? Infinity, Number(env.MAX_COST));
  const id = env.RUNS.newUniqueId();
  await env.RUNS.get(id).begin(asked);
  return Response.json({ id: id.toString() }, { status: 201 });
}

/** Returns undefined if this Worker did not create the id. */
function held(id, env) {
  try {
    return env.RUNS.get(env.RUNS.idFromString(id));
  } catch {
    return undefined;
  }
}
