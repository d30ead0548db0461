// OPENROUTER_API_KEY=... node server.mjs
import { createApp } from "./ask.mjs";

const { OPENROUTER_API_KEY, PORT = "8787" } = process.env;
const app = createApp({ preset: "general-fast" }, { apiKey: OPENROUTER_API_KEY });
const server = app.listen(Number(PORT), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
);
