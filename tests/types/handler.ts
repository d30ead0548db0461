// Compiled, never run: the handler, and the page's half of a stream.
import { fromResponse, type FusionRun } from "llm-fuse";
import { createHandler, type Handler } from "llm-fuse/handler";

export const plain: Handler = createHandler();
export const guarded = createHandler({
  apiKey: "sk",
  providers: { local: { baseURL: "http://localhost:8080/v1" } },
  presets: { two: { analysis_models: ["a/b", "c/d"] } },
  clientKeys: ["sk-client"],
  authorize: async (request, key) => (request.method === "GET" ? true : key === undefined ? new Response(null, { status: 429 }) : key.length > 3),
  defaults: { analysis_models: ["a/b"], writer: { system: "Be brief." }, timeouts: { run_ms: 60_000 } },
  max_cost: 0.5,
  maxBodyBytes: 1_000_000,
  cors: { origins: ["https://app.example"] },
  onError: (error, { endpoint, generation_id, status }) => console.error(error.code, error.message, endpoint, generation_id, status),
});

/** A Worker's module, a server's handler, a client's `fetch`. */
export const worker: { fetch(request: Request, env: unknown, ctx: unknown): Promise<Response> } = { fetch: plain };
export const asFetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response> = guarded;
export const response: Promise<Response> = plain(new Request("https://a.example/v1/models"));

// @ts-expect-error: a run's signal is the request's
createHandler({ signal: AbortSignal.timeout(1) });
// @ts-expect-error: the question is the client's
createHandler({ defaults: { prompt: "p" } });

export const run: FusionRun = fromResponse(fetch("/run"), { reconnect: (id) => fetch("/run", { headers: { "last-event-id": id } }) });
// @ts-expect-error: an address is no response
fromResponse("/run");
