// Runs the scenarios on the packed package inside a Worker in workerd. Each scenario is one
// request, so its I/O belongs to a real request.

import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { connect, noneOpen } from "../provider/client.mjs";
import { says } from "../provider/scripts.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal, ok, sleep, within } from "../scenarios/assert.mjs";
import { ALPHA, BETA, defaultScripts, question, stalled } from "../scenarios/fixtures.mjs";
import { runAll } from "../scenarios/harness.mjs";
import { scenarios } from "../scenarios/index.mjs";
import { installedPackage } from "./browser.mjs";
import { report, runExtra, scenariosFor } from "./report.mjs";

const runtime = "workerd";

export default async function run({ installed, log }) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-workerd-"));
  const provider = await startProvider();
  const worker = await startWorker({
    installed,
    folder,
    log,
    entry: new URL("./workerd-worker.mjs", import.meta.url),
  });
  const address = await worker.ready;
  try {
    const { wire, control } = provider;
    const ask = async (path, body, init) => {
      // Ask for an uncompressed body, because Miniflare buffers a compressed body until its end.
      const headers = { "accept-encoding": "identity" };
      const response = await fetch(new URL(path, address), {
        method: "POST",
        headers,
        body: JSON.stringify(body),
        ...init,
      });
      if (!response.ok)
        throw new Error(
          `${path} answered ${response.status}: ${(await response.text()).slice(0, 500)}`,
        );
      return response;
    };
    const silent = leavingInSilence({ ask, sessions: connect(provider) });
    const results = await runAll(scenariosFor(scenarios, runtime, log), 6, async ({ id, name }) => {
      try {
        return await (await ask(`/scenario/${id}`, { wire, control })).json();
      } catch (error) {
        return { name, ok: false, error: String(error), golden: {} };
      }
    });
    results.push(...(await requests({ ask, sessions: connect(provider) })), await silent);
    return await report(results, { runtime, log });
  } finally {
    await worker.dispose();
    await provider.close();
    await rm(folder, { recursive: true, force: true });
  }
}

// These panelists stream, because workerd notices a disconnect only when it writes.
const chatting = {
  [ALPHA]: says("word ".repeat(2000), { delay: { between_ms: 50 } }),
  [BETA]: says("word ".repeat(2000), { delay: { between_ms: 50 } }),
};

/**
 * Tests a client that leaves a silent run. The Worker must notice the disconnect when it writes the
 * keep-alive comment after 15 s. Runs beside the other tests.
 */
const leavingInSilence = ({ ask, sessions }) =>
  runExtra("requests: the keep-alive notices a disconnect from a silent run", async () => {
    const session = sessions.session("silence");
    await session.script(defaultScripts(stalled));
    const client = new AbortController();
    const gone = ask(
      "/run",
      { request: question(), baseURL: session.baseURL },
      { signal: client.signal },
    )
      .then((response) => response.text())
      .catch(() => "gone");
    await session.until(
      (calls) => calls.length === 2 && calls.some(({ sent_events }) => sent_events > 0),
    );
    // Wait until no data is in flight. With such data, the Worker would notice the disconnect
    // earlier.
    await sleep(1000);
    client.abort();
    equal(await gone, "gone");
    const calls = await session.until(noneOpen, 40_000);
    equal(
      calls.map(({ end }) => end),
      ["client_closed", "client_closed"],
    );
  });

/** Tests many requests to one instance. */
async function requests({ ask, sessions }) {
  const runOne = async (session, init) =>
    (await ask("/run", { request: question(), baseURL: session.baseURL }, init)).text();
  return [
    await runExtra("requests: 30 concurrent requests to one instance complete", async () => {
      const session = sessions.session("thirty");
      await session.script(defaultScripts());
      const bodies = await within(
        60_000,
        Promise.all(Array.from({ length: 30 }, () => runOne(session))),
        "30 requests",
      );
      for (const body of bodies) ok(body.includes('"type":"run.completed"'), body.slice(-500));
      const instances = new Set(
        await Promise.all([1, 2, 3].map(async () => (await ask("/instance", {})).text())),
      );
      equal(instances.size, 1, "all requests used the same instance");
    }),
    await runExtra("requests: clients that disconnect do not affect others", async () => {
      const [busy, left] = [sessions.session("busy"), sessions.session("left")];
      await busy.script(defaultScripts());
      await left.script(defaultScripts(chatting));
      const leaving = Array.from({ length: 5 }, () => new AbortController());
      const gone = leaving.map(({ signal }) => runOne(left, { signal }).catch(() => "gone"));
      await left.until(
        (calls) => calls.length === 10 && calls.every(({ sent_events }) => sent_events > 2),
      );
      const others = Array.from({ length: 25 }, () => runOne(busy));
      for (const controller of leaving) controller.abort();
      for (const body of await within(60_000, Promise.all(others), "the others"))
        ok(body.includes('"type":"run.completed"'), body.slice(-500));
      equal(
        await Promise.all(gone),
        leaving.map(() => "gone"),
      );
      const calls = await left.until(noneOpen, 10_000);
      equal(
        calls.map(({ end }) => end),
        calls.map(() => "client_closed"),
        "calls of the disconnected clients",
      );
      ok((await runOne(busy)).includes('"type":"run.completed"'), "later requests complete");
    }),
    await runExtra(
      "requests: a run that is cancelled in its request does not affect others",
      async () => {
        const [busy, left] = [sessions.session("busy-2"), sessions.session("left-2")];
        await busy.script(defaultScripts());
        await left.script(defaultScripts(stalled));
        const cancelled = ask("/cancelled", { request: question(), baseURL: left.baseURL });
        const others = Array.from({ length: 29 }, () => runOne(busy));
        for (const body of await within(60_000, Promise.all(others), "the others"))
          ok(body.includes('"type":"run.completed"'), body.slice(-500));
        equal(await (await cancelled).text(), "cancelled");
        const calls = await left.until(noneOpen, 10_000);
        ok(
          calls.every(({ end }) => end === "client_closed"),
          JSON.stringify(calls.map(({ end }) => end)),
        );
      },
    ),
    await runExtra(
      "requests: a run that outlives its request does not affect later ones",
      async () => {
        const [busy, left] = [sessions.session("busy-3"), sessions.session("left-3")];
        await busy.script(defaultScripts());
        await left.script(defaultScripts(stalled));
        await (await ask("/forgotten", { request: question(), baseURL: left.baseURL })).text();
        for (let i = 0; i < 3; i++)
          ok(
            (await within(20_000, runOne(busy), "a later request")).includes(
              '"type":"run.completed"',
            ),
          );
      },
    ),
  ];
}

/**
 * Starts a Worker.
 * @param onOutput called with workerd's output
 */
export async function startWorker({
  installed,
  folder,
  log,
  entry,
  flags = [],
  onOutput = () => {},
}) {
  const outfile = join(folder, "worker.mjs");
  await build({
    entryPoints: [entry.pathname],
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import"],
    outfile,
    logLevel: "silent",
    // Keep the wasm as a module, as wrangler does, because workerd refuses to compile bytes.
    plugins: [installedPackage(installed), compiledWasm(folder)],
  });
  const worker = new Miniflare({
    host: "127.0.0.1",
    compatibilityDate: "2025-06-01",
    compatibilityFlags: flags,
    modules: true,
    modulesRoot: folder,
    modulesRules: [
      { type: "ESModule", include: ["**/*.mjs"] },
      { type: "CompiledWasm", include: ["**/*.wasm"] },
    ],
    scriptPath: outfile,
    handleRuntimeStdio: (stdout, stderr) => {
      for (const stream of [stdout, stderr]) {
        stream.on("data", (text) => {
          onOutput(String(text));
          if (process.env.VERBOSE) log(`  workerd: ${String(text).trimEnd()}`);
        });
      }
    },
  });
  return worker;
}

export const compiledWasm = (folder) => ({
  name: "compiled-wasm",
  setup(build) {
    build.onResolve({ filter: /\.wasm$/ }, async ({ path, resolveDir }) => {
      await copyFile(join(resolveDir, path), join(folder, "core.wasm"));
      return { path: "./core.wasm", external: true };
    });
  },
});
