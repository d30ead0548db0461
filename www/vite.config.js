import { defineConfig } from "vite";

// `llm-fuse` resolves to this repository's own package, so the page uses dist/.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // Every browser that runs the wasm core supports modulepreload.
    modulePreload: { polyfill: false },
    // The Content-Security-Policy in index.html allows data: for images only.
    assetsInlineLimit: 0,
  },
  worker: { format: "es" },
  server: { port: 5173 },
});
