// The endpoint in a Hono app on Node:
//   npm install llm-fuse hono @hono/node-server
//   node hono.mjs
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createHandler } from "llm-fuse/handler";

const { OPENROUTER_API_KEY, CLIENT_KEY, BASE_URL, PORT = "8787" } = process.env;
const fusion = createHandler({
  apiKey: OPENROUTER_API_KEY,
  clientKeys: [CLIENT_KEY],
  baseURL: BASE_URL,
});

const app = new Hono();
app.all("/api/v1/*", (context) => fusion(context.req.raw));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(PORT) }, ({ port }) =>
  console.log(`http://127.0.0.1:${port}/api/v1`),
);
