import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const workspace = dirname(dirname(fileURLToPath(import.meta.url)));

export default {
  distDir: process.env.NEXT_DIST,
  // The packages are one folder up.
  turbopack: { root: workspace },
  outputFileTracingRoot: workspace,
};
