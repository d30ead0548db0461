// The MCP server on this machine:
//   npm install llm-fuse @modelcontextprotocol/server @hono/node-server zod
//   OPENROUTER_API_KEY=... node server.mjs
import { serve } from "@hono/node-server";
import { Runs } from "./runs.mjs";
import { fusionServer } from "./tools.mjs";

const { OPENROUTER_API_KEY, BASE_URL, MODELS, MAX_COST = "0.5", PORT = "8787" } = process.env;
/**
 * If MODELS is not set, OpenRouter's default preset is used. If MODELS is set, its last model is
 * also the analyst and the writer.
 */
const models = MODELS?.split(",").map((model) => model.trim());
const runs = new Runs({ apiKey: OPENROUTER_API_KEY, baseURL: BASE_URL });
const server = fusionServer(runs, {
  ...(models && { analysis_models: models, model: models.at(-1) }),
  // The limit is in USD. It needs OpenRouter's price list.
  ...(MAX_COST && { max_cost: Number(MAX_COST) }),
});

/**
 * Returns whether a request comes from a program on this machine. By DNS rebinding, a page of
 * another site could reach this port under the site's own host name.
 */
const isLocal = (request) =>
  /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(request.headers.get("host") ?? "") &&
  !request.headers.has("origin");

const answer = (request) => {
  if (!isLocal(request)) return new Response("forbidden", { status: 403 });
  if (new URL(request.url).pathname !== "/mcp") return new Response("not found", { status: 404 });
  return server.fetch(request);
};
serve({ fetch: answer, hostname: "127.0.0.1", port: Number(PORT) }, ({ port }) =>
  console.log(`http://127.0.0.1:${port}/mcp`),
);
process.once("SIGINT", () => {
  runs.close();
  process.exit(130);
});
