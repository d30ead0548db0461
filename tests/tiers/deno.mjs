// Runs the package in Deno with permission only for the loopback address.

import { createRequire } from "node:module";
import { join } from "node:path";
import { consumersFolder } from "../../scripts/setup.mjs";
import { consume, program } from "./consumers.mjs";

export default ({ installed, log }) =>
  consume(
    {
      "deno run": ({ folder, baseURL }) =>
        program(
          folder,
          deno(),
          ["run", "--no-prompt", "--allow-net=127.0.0.1", "main.mjs", baseURL],
          { env: { DENO_NO_UPDATE_CHECK: "1", DENO_DIR: join(folder, "out/deno") } },
        ),
    },
    { installed, log },
  );

/**
 * Returns the path of Deno's executable. The wrapper in the npm package `deno` would search for the
 * executable at each start.
 */
function deno() {
  const home = createRequire(join(consumersFolder, "package.json"));
  const name = { linux: "linux", darwin: "darwin", win32: "win32" }[process.platform];
  return home.resolve(`@deno/${name}-${process.arch}${name === "linux" ? "-glibc" : ""}/deno`);
}
