import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const workspace = dirname(dirname(fileURLToPath(import.meta.url)));
const { BUNDLER } = process.env;

export default {
  distDir: `.next-${BUNDLER}`,
  // With webpack, Next cannot build an edge route in the app folder: a manifest is missing.
  pageExtensions: ["js", `${BUNDLER}.js`],
  // The packages are in the parent folder.
  turbopack: { root: workspace },
  outputFileTracingRoot: workspace,
};
