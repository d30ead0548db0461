// Tests the packed package with frameworks. Runs the examples of docs/react.md in Chromium with
// React 18 and 19, Vue, Svelte and Solid. Runs examples/react and examples/sveltekit, and
// llm-fuse/node with Express and Fastify.

import { cp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { frameworksFolder } from "../../scripts/setup.mjs";
import { exampleReact } from "../frameworks/example-react.mjs";
import { exampleSvelteKit } from "../frameworks/example-sveltekit.mjs";
import { nodeChecks } from "../frameworks/node-checks.mjs";
import { nodeDocs } from "../frameworks/node-docs.mjs";
import { pages } from "../frameworks/pages.mjs";
import { expressServer, fastifyServer } from "../frameworks/servers.mjs";
import { within } from "../scenarios/assert.mjs";
import { launchChromium } from "./chromium.mjs";
import { runExtra } from "./report.mjs";

const LIMIT_MS = 180_000;

export default async function run({ installed, log }) {
  for (const folder of ["", "react18"]) {
    // Copies the package. A linked package would find its peer dependencies in another folder.
    const home = join(frameworksFolder, folder, "node_modules/llm-fuse");
    await rm(home, { recursive: true, force: true });
    await cp(join(installed, "node_modules/llm-fuse"), home, { recursive: true });
  }
  const browser = await launchChromium({ log });
  const tally = { passed: 0, failed: 0 };
  try {
    const checks = [
      ...pages(browser),
      ...exampleReact(browser),
      ...exampleSvelteKit(browser),
      ...(await servers()),
    ];
    for (const { name, run } of checks) {
      if (!name.includes(process.env.SCENARIO ?? "")) continue;
      const result = await runExtra(name, () => within(LIMIT_MS, run(), name));
      tally[result.ok ? "passed" : "failed"] += 1;
      log(`${result.ok ? "ok" : "FAIL"}: ${name}${result.ok ? "" : `\n${result.error}`}`);
    }
  } finally {
    await browser.close();
  }
  return tally;
}

async function servers() {
  const user = join(frameworksFolder, "uses-node.mjs");
  const entries = ["llm-fuse", "llm-fuse/handler", "llm-fuse/node", "llm-fuse/testing"];
  await writeFile(user, entries.map((entry) => `export * from "${entry}";\n`).join(""));
  const api = await import(pathToFileURL(user));
  const from = createRequire(user);
  return [
    ...nodeChecks("Express 5", expressServer(from("express")), api),
    ...nodeChecks("Express 4", expressServer(from("express4")), api),
    ...nodeChecks("Fastify", fastifyServer(from("fastify")), api),
    ...nodeDocs(api),
  ];
}
