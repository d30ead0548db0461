// The OpenRouter-compatible endpoint under /api/v1, and runs that outlive their connection under /runs.
import { createHandler } from "llm-fuse/handler";
import { admit } from "./admit.js";

export { HeldRun } from "./held-run.js";

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/api/v1/")) return endpoint(env)(request);

    const refusal = await admit(request, env);
    if (refusal) return refusal;
    if (request.method === "POST" && pathname === "/runs") {
      const asked = await request.json().catch(() => undefined);
      if (typeof asked !== "object" || asked === null) return new Response("the body must be a FusionRequest as JSON", { status: 400 });
      const id = env.RUNS.newUniqueId();
      await env.RUNS.get(id).begin({ ...asked, ...limit(env) });
      return Response.json({ id: id.toString() }, { status: 201 });
    }
    const [, id] = pathname.match(/^\/runs\/([0-9a-f]{64})$/) ?? [];
    if (!id) return new Response("not found", { status: 404 });
    const run = env.RUNS.get(env.RUNS.idFromString(id));
    if (request.method === "DELETE") return run.cancel().then(() => new Response(null, { status: 204 }));
    return run.fetch(request);
  },
};

/** Any SDK that speaks to OpenRouter, with `baseURL` at this Worker's /api/v1 and `CLIENT_KEY` as its key. */
function endpoint(env) {
  return createHandler({
    apiKey: env.OPENROUTER_API_KEY,
    baseURL: env.BASE_URL,
    clientKeys: [env.CLIENT_KEY],
    ...limit(env),
    authorize: async (request, key) => (await env.LIMITER.limit({ key })).success || new Response("too many requests", { status: 429 }),
  });
}

/** In USD, for one run. Whatever the client asks for, this holds. */
function limit({ MAX_COST }) {
  return MAX_COST ? { max_cost: Number(MAX_COST) } : {};
}
