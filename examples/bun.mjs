// The endpoint on Bun: bun bun.mjs
import { createHandler } from "llm-fuse/handler";

const { OPENROUTER_API_KEY, CLIENT_KEY, BASE_URL, PORT = "8787" } = process.env;
const fusion = createHandler({
  apiKey: OPENROUTER_API_KEY,
  clientKeys: [CLIENT_KEY],
  baseURL: BASE_URL,
});

// By default, Bun closes connections that are silent for 10 s. The first token of a fusion may take
// longer.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(PORT),
  idleTimeout: 255,
  fetch: fusion,
});
console.log(`${server.url}api/v1`);
