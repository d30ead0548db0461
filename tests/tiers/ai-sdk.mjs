// Tests the packed llm-fuse/ai-sdk with the AI SDK: `ai` 6 on the default Node, and `ai` 7 on Node
// 24.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { clientsFolder } from "../../scripts/lib/clients.mjs";
import { root } from "../../scripts/lib/process.mjs";
import { bundles } from "../ai-sdk/bundles.mjs";
import { scenarios } from "../ai-sdk/index.mjs";
import { snippets } from "../ai-sdk/snippets.mjs";
import { typesCompile } from "../ai-sdk/types.mjs";
import { versions } from "../handler/versions.mjs";
import { connect } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal, within } from "../scenarios/assert.mjs";
import { runAll } from "../scenarios/harness.mjs";
import { report, runExtra, scenariosFor } from "./report.mjs";
import { startWorker } from "./workerd.mjs";

// Time limit for tests that hang. A busy machine does not reach it.
const LIMIT_MS = 120_000;

/** The major versions of the packages in each tier. */
const MAJORS = {
  usual: {
    "@ai-sdk/amazon-bedrock": 4,
    "@ai-sdk/anthropic": 3,
    "@ai-sdk/google": 3,
    "@ai-sdk/groq": 3,
    "@ai-sdk/openai": 3,
    ai: 6,
  },
  newest: {
    "@ai-sdk/amazon-bedrock": 5,
    "@ai-sdk/anthropic": 4,
    "@ai-sdk/google": 4,
    "@ai-sdk/groq": 4,
    "@ai-sdk/openai": 4,
    ai: 7,
    node: 24,
  },
};

export default async function run({ installed, newest, log }) {
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const user = join(installed, "uses-ai-sdk.mjs");
  await writeFile(
    user,
    'export * from "llm-fuse";\nexport * from "llm-fuse/ai-sdk";\n' +
      'export { scriptedFetch } from "llm-fuse/testing";\n',
  );
  const api = await import(pathToFileURL(user));
  const rejections = [];
  const note = (reason) => rejections.push(String(reason));
  process.on("unhandledRejection", note);
  const provider = await startProvider();
  try {
    const wanted = scenariosFor(scenarios, "node", log);
    const results = [await clientsAre(newest ? MAJORS.newest : MAJORS.usual, log)];
    results.push(
      ...(await runAll(wanted, 8, (scenario) => runScenario(scenario, { api, provider, newest }))),
    );
    results.push(...(await snippets({ api, installed })));
    const clients = newest ? clientsFolder : root;
    results.push(
      await runExtra("the types fit the AI SDK's", () => typesCompile({ installed, clients })),
    );
    results.push(...(await Promise.all(bundles(installed))));
    // If `newest` is true, a Node preload resolves the imports of the AI SDK. A bundler does not
    // use the preload, so the Worker is tested only if `newest` is false.
    if (!newest) results.push(await runExtra("in a Worker", () => inWorkerd({ installed, log })));
    results.push(await runExtra("no rejection was unhandled", async () => equal(rejections, [])));
    return await report(results, { runtime: "node", log });
  } finally {
    await provider.close();
    process.off("unhandledRejection", note);
    await rm(user, { force: true });
  }
}

async function inWorkerd({ installed, log }) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-ai-sdk-"));
  const worker = await startWorker({
    installed,
    folder,
    log,
    entry: new URL("../ai-sdk/worker.mjs", import.meta.url),
  });
  try {
    const response = await fetch(await worker.ready);
    const [content, panelist, deltas, ends] = await response.json();
    equal(content, [{ type: "text", text: "It is blue." }]);
    equal([panelist, deltas.join(""), ends], ["Blue.", "It is blue.", ["finish", "finish"]]);
  } finally {
    await worker.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runScenario(scenario, { api, provider, newest }) {
  const session = connect(provider).session(`ai-sdk-${scenario.id}`);
  try {
    await within(LIMIT_MS, scenario.run({ ...api, newest, session }), "the scenario");
    return { name: scenario.name, ok: true, golden: {} };
  } catch (error) {
    return { name: scenario.name, ok: false, error: error?.stack ?? String(error), golden: {} };
  } finally {
    await session.reset().catch(() => {});
  }
}

/** Checks and prints the major versions of the clients. */
function clientsAre(majors, log) {
  return runExtra("each client has the major of this tier", async () => {
    const found = await versions(Object.keys(majors));
    log(
      Object.entries(found)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    );
    const major = ([name, version]) => [name, Number(version.split(".")[0])];
    equal(Object.fromEntries(Object.entries(found).map(major)), majors);
  });
}
