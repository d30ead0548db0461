// `npm run bench`: sets up, builds, then runs benches/run.mjs on the result.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { machine } from "./lib/machine.mjs";
import { main, must, root } from "./lib/process.mjs";
import { npmPackages, setup } from "./setup.mjs";

await main(async () => {
  await setup();
  const peers = join(root, "target/bench-peers");
  await npmPackages(machine, peers, join(root, "benches/peers"));
  copyFileSync(join(root, "benches/peers/langchain.mjs"), join(peers, "langchain.mjs"));
  const { build } = await import("./build.mjs");
  await build();
  const env = { BENCH_LANGCHAIN: join(peers, "langchain.mjs") };
  await must(process.execPath, [join(root, "benches/run.mjs"), ...process.argv.slice(2)], { env });
});
