import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const workspace = dirname(dirname(fileURLToPath(import.meta.url)));
const { BUNDLER } = process.env;

export default {
  distDir: `.next-${BUNDLER}`,
  // With webpack, Next builds no edge route of the app folder, not even an empty one: it misses a manifest.
  pageExtensions: ["js", `${BUNDLER}.js`],
  // The packages are one folder up.
  turbopack: { root: workspace },
  outputFileTracingRoot: workspace,
};
