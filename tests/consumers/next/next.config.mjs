import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const workspace = dirname(dirname(fileURLToPath(import.meta.url)));
const { BUNDLER } = process.env;

export default {
  distDir: `.next-${BUNDLER}`,
  // Only Turbopack builds app/edge/route.turbopack.js. With webpack, Next cannot build an edge
  // route in the app folder, because a manifest is missing.
  pageExtensions: ["js", `${BUNDLER}.js`],
  // node_modules is in the parent folder.
  turbopack: { root: workspace },
  outputFileTracingRoot: workspace,
};
