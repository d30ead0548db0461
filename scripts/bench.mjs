// `npm run bench`: sets up, builds, then runs benches/run.mjs on the result.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { main, must, root, Stop } from "./lib/process.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  const bench = join(root, "benches/run.mjs");
  if (!existsSync(bench)) throw new Stop("There is no benches/run.mjs yet.");
  await setup();
  const { build } = await import("./build.mjs");
  await build();
  await must(process.execPath, ["--expose-gc", bench, ...process.argv.slice(2)]);
});
