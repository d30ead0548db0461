// The OpenRouter-compatible endpoint under /api/v1, and runs that outlive their connection under
// /runs.
import { createHandler } from "llm-fuse/handler";
import { admit, clientKeys, keyOf, refuse } from "./admit.js";
import { defaultsOf, serverOf } from "./models.js";
import { readRequest } from "./read-request.js";
import { runStore } from "./run-store.js";

export { HeldRun } from "./held-run.js";
export { KeptRun } from "./run-store.js";

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (clientKeys(env).length === 0) return refuse(500, "the secret CLIENT_KEYS is not set");
    if (pathname.startsWith("/api/v1/")) return endpoint(env)(request, env, context);

    const refusal = await admit(request, env);
    if (refusal) return refusal;
    const [, isRuns, id] = pathname.match(/^(\/runs)(?:\/([0-9a-f]{64}))?$/) ?? [];
    if (isRuns && !id && request.method === "POST") return begin(request, env);
    const run = id && held(id, env);
    if (run && request.method === "GET") return run.fetch(request);
    if (run && request.method === "DELETE" && (await run.cancel()))
      return new Response(null, { status: 204 });
    return refuse(404, "not found");
  },
};

/**
 * Returns the handler for OpenRouter's SDKs. Their `baseURL` is this Worker's /api/v1, and their
 * key is one of the CLIENT_KEYS.
 */
function endpoint(env) {
  return createHandler({
    ...serverOf(env),
    defaults: defaultsOf(env),
    authorize: async (request) => (await admit(request, env)) ?? { id: keyOf(request) },
    keepRuns: { store: runStore(env.KEPT_RUNS) },
    max_cost: env.MAX_COST ? Number(env.MAX_COST) : undefined,
  });
}

async function begin(request, env) {
  const { asked, refusal } = await readRequest(request, env);
  if (refusal) return refusal;
  const id = env.RUNS.newUniqueId();
  await env.RUNS.get(id).begin(asked);
  return Response.json({ id: id.toString() }, { status: 201 });
}

/** Returns a run by its id, or undefined if this Worker did not create the id. */
function held(id, env) {
  try {
    return env.RUNS.get(env.RUNS.idFromString(id));
  } catch {
    return undefined;
  }
}
