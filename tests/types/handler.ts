// Type tests of the options of the handler, and fromResponse() in a page. This file is compiled,
// but never run.
import { type FusionRun, fromResponse } from "llm-fuse";
import { createHandler, createMemoryStore, type Handler, type RunStore } from "llm-fuse/handler";

export const plain: Handler = createHandler();
export const guarded = createHandler({
  apiKey: "sk",
  providers: { local: { baseURL: "http://localhost:8080/v1" } },
  presets: { two: { analysis_models: ["a/b", "c/d"] } },
  clientKeys: ["sk-client"],
  authorize: async (request, key) => {
    if (request.method === "GET") return true;
    return key === undefined ? new Response(null, { status: 429 }) : key.length > 3;
  },
  defaults: {
    analysis_models: ["a/b"],
    writer: { system: "Be brief." },
    timeouts: { run_ms: 60_000 },
  },
  max_cost: 0.5,
  maxBodyBytes: 1_000_000,
  cors: { origins: ["https://app.example"] },
  onError: (error, { endpoint, generation_id, status }) =>
    console.error(error.code, error.message, endpoint, generation_id, status),
});

/** A handler fits as a Worker's module, as a server's handler, and as a client's `fetch`. */
interface Worker {
  fetch(request: Request, env: unknown, ctx: unknown): Promise<Response>;
}
type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
export const worker: Worker = { fetch: plain };
export const asFetch: Fetch = guarded;
export const response: Promise<Response> = plain(new Request("https://a.example/v1/models"));

// @ts-expect-error: the handler uses the request's signal
createHandler({ signal: AbortSignal.timeout(1) });
// @ts-expect-error: defaults have no question
createHandler({ defaults: { prompt: "p" } });

export const run: FusionRun = fromResponse(fetch("/run"), {
  reconnect: (id) => fetch("/run", { headers: { "last-event-id": id } }),
});
// @ts-expect-error: a URL is not a response
fromResponse("/run");

// Stores may be synchronous or asynchronous, and may ignore arguments that they do not need.
const own: RunStore = {
  get: async (key) => localStorageOf(key),
  put: (key, value, { expires, previous }) => void [key, value, expires, previous],
  delete: async () => true,
};
declare const localStorageOf: (key: string) => string | null;
createHandler({ keepRuns: { store: own } });
createHandler({ keepRuns: { store: createMemoryStore({ maxEntries: 5 }), ttlMs: 5 } });
createHandler({ keepRuns: { store: createMemoryStore() }, authorize: () => ({ id: "ann" }) });
createHandler({ clientMay: ["criteria", "quorum"] });
// @ts-expect-error clients may not be allowed to set `max_cost`
createHandler({ clientMay: ["max_cost"] });
createHandler({ progress: true });
createHandler({ progress: "reasoning_content" });
// @ts-expect-error `thinking` is not a value of `progress`
createHandler({ progress: "thinking" });
createHandler({ authorize: async (_, key) => (key ? { id: key } : false) });
// @ts-expect-error a store is needed
createHandler({ keepRuns: {} });
// @ts-expect-error `id` must be a string
createHandler({ authorize: () => ({ id: 5 }) });
