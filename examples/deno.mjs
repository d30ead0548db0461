// The endpoint on Deno: deno run --allow-net --allow-env deno.mjs
import { createHandler } from "llm-fuse/handler";

const env = (name) => Deno.env.get(name);
const fusion = createHandler({
  apiKey: env("OPENROUTER_API_KEY"),
  clientKeys: [env("CLIENT_KEY")],
  baseURL: env("BASE_URL"),
});

Deno.serve({ hostname: "127.0.0.1", port: Number(env("PORT") ?? 8787) }, fusion);
