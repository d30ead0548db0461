// Tests the entries of the packed package that connect llm-fuse to other software. Tests
// llm-fuse/workers-ai with an imitated AI binding, in Node and in workerd. Tests llm-fuse/otel with
// OpenTelemetry's SDK.

import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { run as runProgram } from "../../scripts/lib/process.mjs";
import mcpServer from "../integrations/mcp-server.mjs";
import mcpTools from "../integrations/mcp-tools.mjs";
import otel from "../integrations/otel.mjs";
import otelTracers from "../integrations/otel-tracers.mjs";
import workersAi from "../integrations/workers-ai.mjs";
import { connect } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal, within } from "../scenarios/assert.mjs";
import { runAll } from "../scenarios/harness.mjs";
import { report, runExtra, scenariosFor } from "./report.mjs";
import { startWorker } from "./workerd.mjs";

// Time limit for tests that hang. A busy machine does not reach it.
const LIMIT_MS = 120_000;
const root = fileURLToPath(new URL("../../", import.meta.url));
const tests = join(root, "tests/integrations");

export default async function run({ installed, log }) {
  const user = join(installed, "uses-integrations.mjs");
  const names = ["otel", "testing", "tools", "workers-ai"].map((name) => `/${name}`);
  await writeFile(
    user,
    ["", ...names].map((name) => `export * from "llm-fuse${name}";\n`).join(""),
  );
  const api = await import(pathToFileURL(user));
  const rejections = [];
  const note = (reason) => rejections.push(String(reason));
  process.on("unhandledRejection", note);
  const provider = await startProvider();
  try {
    const wanted = scenariosFor(
      [...workersAi, ...otel, ...otelTracers, ...mcpTools, ...mcpServer],
      "node",
      log,
    );
    const results = await runAll(wanted, 4, (scenario) =>
      runExtra(scenario.name, () =>
        within(LIMIT_MS, alone(scenario, { api, installed, provider }), scenario.name),
      ),
    );
    results.push(...(await inWorkerd({ installed, log })));
    results.push(await runExtra("the types fit", () => typesCompile(installed)));
    results.push(await runExtra("no rejection was unhandled", async () => equal(rejections, [])));
    return await report(results, { runtime: "node", log });
  } finally {
    await provider.close();
    process.off("unhandledRejection", note);
    await rm(user, { force: true });
  }
}

/** Runs a scenario with its own session at the provider. */
async function alone({ name, run }, { api, installed, provider }) {
  const session = connect(provider).session(name.replace(/\W+/g, "-"));
  try {
    await run({ ...api, installed, session });
  } finally {
    await session.reset();
  }
}

/** Runs the scenarios of llm-fuse/workers-ai in workerd. Each scenario is one request. */
async function inWorkerd({ installed, log }) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-integrations-"));
  const entry = pathToFileURL(join(tests, "worker.mjs"));
  const worker = await startWorker({ installed, folder, log, entry });
  try {
    const address = await worker.ready;
    return await runAll(scenariosFor(workersAi, "workerd", log), 4, (scenario) =>
      runExtra(`in workerd: ${scenario.name}`, async () => {
        const path = new URL(String(workersAi.indexOf(scenario)), address);
        const { ok, error } = await (await fetch(path)).json();
        if (!ok) throw new Error(error);
      }),
    );
  } finally {
    await worker.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Compiles tests/integrations/types with the types of the connected packages. */
async function typesCompile(installed) {
  const folder = join(root, `target/integrations-types-${process.pid}`);
  await mkdir(join(folder, "node_modules"), { recursive: true });
  try {
    const files = (await readdir(join(tests, "types"))).map((name) => `types/${name}`);
    await mkdir(join(folder, "types"));
    for (const name of files) await copyFile(join(tests, name), join(folder, name));
    await copyFile(join(tests, "ai-binding.mjs"), join(folder, "ai-binding.mjs"));
    const link = (from, name) =>
      symlink(join(from, "node_modules", name), join(folder, "node_modules", name));
    await link(installed, "llm-fuse");
    for (const name of ["@cloudflare", "@modelcontextprotocol", "@opentelemetry", "zod"])
      await link(root, name);
    const options =
      "--noEmit --strict --exactOptionalPropertyTypes --skipLibCheck --allowJs --target es2022 " +
      "--module esnext --moduleResolution bundler --lib es2023,esnext.disposable";
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const args = [tsc, ...options.split(" "), "--types", "@cloudflare/workers-types", ...files];
    const { output } = await runProgram(process.execPath, args, { cwd: folder, quiet: true });
    equal(output, "");
  } finally {
    await rm(folder, { recursive: true });
  }
}
