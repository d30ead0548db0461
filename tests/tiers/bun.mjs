// Runs the package with Bun, and bundles it with Bun.

import { createRequire } from "node:module";
import { join } from "node:path";
import { consumersFolder } from "../../scripts/setup.mjs";
import { consume, program, tool } from "./consumers.mjs";

export default ({ installed, log }) =>
  consume(
    {
      "bun run": ({ folder, baseURL }) => program(folder, bun(), ["run", "main.mjs", baseURL]),
      async "bun build, run from another folder"({ folder, baseURL }) {
        const out = join(folder, "out/bun");
        await tool(folder, bun(), ["build", "main.mjs", "--target=bun", `--outdir=${out}`]);
        return program(out, bun(), ["run", "main.js", baseURL]);
      },
    },
    { installed, log },
  );

/**
 * Returns the path of Bun's executable. The npm package `bun` contains only a wrapper, which would
 * need an install script.
 */
function bun() {
  const home = createRequire(join(consumersFolder, "package.json"));
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const arch = process.arch === "arm64" ? "aarch64" : process.arch;
  return home.resolve(`@oven/bun-${platform}-${arch}/bin/bun`);
}
