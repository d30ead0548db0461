// The packed package inside a Worker, in workerd itself. Each scenario is one request, so that its I/O belongs to a real request.

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
import { extra, fitting, report } from "./report.mjs";

const runtime = "workerd";

export default async function run({ installed, log }) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-workerd-"));
  const provider = await startProvider();
  const worker = await startWorker({ installed, folder, log, entry: new URL("./workerd-worker.mjs", import.meta.url) });
  const address = await worker.ready;
  try {
    const { wire, control } = provider;
    const ask = async (path, body, init) => {
      // Compressed, the events would wait in Miniflare for the end of the body.
      const headers = { "accept-encoding": "identity" };
      const response = await fetch(new URL(path, address), { method: "POST", headers, body: JSON.stringify(body), ...init });
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
      return response;
    };
    const silent = leavingInSilence({ ask, sessions: connect(provider) });
    const results = await runAll(fitting(scenarios, runtime, log), 6, async ({ id, name }) => {
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

// workerd notices that a client has left when it writes to it, so a hang-up needs somebody who talks.
const chatting = { [ALPHA]: says("word ".repeat(2000), { delay: { between_ms: 50 } }), [BETA]: says("word ".repeat(2000), { delay: { between_ms: 50 } }) };

/** The keep-alive comment is what notices a client that left a silent run. It takes 15 s, and runs beside everything else. */
const leavingInSilence = ({ ask, sessions }) =>
  extra("requests: the keep-alive notices a client that left in silence", async () => {
    const session = sessions.session("silence");
    await session.script(defaultScripts(stalled));
    const client = new AbortController();
    const gone = ask("/run", { request: question(), baseURL: session.baseURL }, { signal: client.signal }).then((response) => response.text()).catch(() => "gone");
    await session.until((calls) => calls.length === 2 && calls.some(({ sent_events }) => sent_events > 0));
    // Whatever is still on its way would notice at once.
    await sleep(1000);
    client.abort();
    equal(await gone, "gone");
    const calls = await session.until(noneOpen, 40_000);
    equal(calls.map(({ end }) => end), ["client_closed", "client_closed"]);
  });

/** What only many requests to one instance can show. */
async function requests({ ask, sessions }) {
  const runOne = async (session, init) => (await ask("/run", { request: question(), baseURL: session.baseURL }, init)).text();
  return [
    await extra("requests: 30 at once in one instance all complete", async () => {
      const session = sessions.session("thirty");
      await session.script(defaultScripts());
      const bodies = await within(60_000, Promise.all(Array.from({ length: 30 }, () => runOne(session))), "30 requests");
      for (const body of bodies) ok(body.includes('"type":"run.completed"'), body.slice(-500));
      const instances = new Set(await Promise.all([1, 2, 3].map(async () => (await ask("/instance", {})).text())));
      equal(instances.size, 1, "all requests met the same instance");
    }),
    await extra("requests: clients that go away harm none of the others", async () => {
      const [busy, left] = [sessions.session("busy"), sessions.session("left")];
      await busy.script(defaultScripts());
      await left.script(defaultScripts(chatting));
      const leaving = Array.from({ length: 5 }, () => new AbortController());
      const gone = leaving.map(({ signal }) => runOne(left, { signal }).catch(() => "gone"));
      await left.until((calls) => calls.length === 10 && calls.every(({ sent_events }) => sent_events > 2));
      const others = Array.from({ length: 25 }, () => runOne(busy));
      for (const controller of leaving) controller.abort();
      for (const body of await within(60_000, Promise.all(others), "the others")) ok(body.includes('"type":"run.completed"'), body.slice(-500));
      equal(await Promise.all(gone), leaving.map(() => "gone"));
      const calls = await left.until(noneOpen, 10_000);
      equal(calls.map(({ end }) => end), calls.map(() => "client_closed"), "calls of those who left");
      ok((await runOne(busy)).includes('"type":"run.completed"'), "and later requests still complete");
    }),
    await extra("requests: a run cancelled in its request harms none of the others", async () => {
      const [busy, left] = [sessions.session("busy-2"), sessions.session("left-2")];
      await busy.script(defaultScripts());
      await left.script(defaultScripts(stalled));
      const cancelled = ask("/cancelled", { request: question(), baseURL: left.baseURL });
      const others = Array.from({ length: 29 }, () => runOne(busy));
      for (const body of await within(60_000, Promise.all(others), "the others")) ok(body.includes('"type":"run.completed"'), body.slice(-500));
      equal(await (await cancelled).text(), "cancelled");
      const calls = await left.until(noneOpen, 10_000);
      ok(calls.every(({ end }) => end === "client_closed"), JSON.stringify(calls.map(({ end }) => end)));
    }),
    await extra("requests: a run left behind by its request leaves later ones alone", async () => {
      const [busy, left] = [sessions.session("busy-3"), sessions.session("left-3")];
      await busy.script(defaultScripts());
      await left.script(defaultScripts(stalled));
      await (await ask("/forgotten", { request: question(), baseURL: left.baseURL })).text();
      for (let i = 0; i < 3; i++) ok((await within(20_000, runOne(busy), "a later request")).includes('"type":"run.completed"'));
    }),
  ];
}

/** @param heard told what workerd says on its streams */
export async function startWorker({ installed, folder, log, entry, flags = [], heard = () => {} }) {
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
    // As wrangler does: the module stays a module, for workerd refuses to compile bytes.
    plugins: [installedPackage(installed), compiledWasm(folder)],
  });
  const worker = new Miniflare({
    host: "127.0.0.1",
    compatibilityDate: "2025-06-01",
    compatibilityFlags: flags,
    modules: true,
    modulesRoot: folder,
    modulesRules: [{ type: "ESModule", include: ["**/*.mjs"] }, { type: "CompiledWasm", include: ["**/*.wasm"] }],
    scriptPath: outfile,
    handleRuntimeStdio: (stdout, stderr) => {
      for (const stream of [stdout, stderr]) {
        stream.on("data", (text) => {
          heard(String(text));
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
