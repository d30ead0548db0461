// Bun, and what it makes of the package when it bundles.

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

/** The program itself: the wrapper wants an install script to have run. */
function bun() {
  const home = createRequire(join(consumersFolder, "package.json"));
  return home.resolve(`@oven/bun-${process.platform === "win32" ? "windows" : process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}/bin/bun`);
}
