import { defineConfig } from "vite";

// `llm-fuse` resolves to this repository's own package by self-reference: the page uses what users would get.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // The polyfill would be one more inline helper; every browser that runs the wasm core preloads modules.
    modulePreload: { polyfill: false },
    // The strict policy in index.html allows data: for images only, so nothing else may be inlined.
    assetsInlineLimit: 0,
  },
  server: { port: 5173 },
});
