// `npm run bench`: installs what is missing, builds, then runs benches/run.mjs. On Node 22 or
// later, the benchmark measures the newest major versions of the client libraries, which are in
// target/clients.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { clientsFolder, runsClients } from "./lib/clients.mjs";
import { main, root, runOrThrow } from "./lib/process.mjs";
import { system } from "./lib/system.mjs";
import { npmPackages, setup } from "./setup.mjs";

await main(async () => {
  const newest = runsClients(process.version);
  await setup({ clients: newest });
  const peers = join(root, "target/bench-peers");
  await npmPackages(system, peers, join(root, "benches/peers"));
  const place = (name, folder) => {
    copyFileSync(join(root, "benches/peers", name), join(folder, name));
    return join(folder, name);
  };
  const { build } = await import("./build.mjs");
  await build();
  const env = {
    BENCH_LANGCHAIN: place("langchain.mjs", peers),
    BENCH_CLIENTS: newest ? place("clients.mjs", clientsFolder) : undefined,
  };
  await runOrThrow(process.execPath, [join(root, "benches/run.mjs"), ...process.argv.slice(2)], {
    env,
  });
});
