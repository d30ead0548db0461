// `npm run bench`: installs what is missing, builds, then runs benches/run.mjs with Node 24. The
// benchmark measures the newest major versions of the client libraries, from target/clients.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { clientsFolder, node24, runsClients } from "./lib/clients.mjs";
import { main, root, runOrThrow, UserError } from "./lib/process.mjs";
import { setup } from "./setup.mjs";

await main(async () => {
  await setup({ clients: true });
  const node = node24() ?? (runsClients(process.version) ? process.execPath : undefined);
  if (!node) {
    throw new UserError(
      "npm has no Node 24 for this machine: run the bench with Node 22 or later.",
    );
  }
  const { build } = await import("./build.mjs");
  await build();
  const clients = join(clientsFolder, "clients.mjs");
  copyFileSync(join(root, "benches/peers/clients.mjs"), clients);
  await runOrThrow(node, [join(root, "benches/run.mjs"), ...process.argv.slice(2)], {
    env: { BENCH_CLIENTS: clients },
  });
});
