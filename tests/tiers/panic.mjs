// Tests a panic of the core. Uses a copy of the package in which the core panics on demand (cargo
// feature `test-panic`).

import { spawn } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWithFeature } from "../../scripts/build.mjs";
import { inlined } from "../../scripts/lib/inlined.mjs";
import { connect, noneOpen } from "../provider/client.mjs";
import { says } from "../provider/scripts.mjs";
import { startProvider } from "../provider/server.mjs";
import { equal, includes, ok, within } from "../scenarios/assert.mjs";
import { ALPHA, defaultScripts, question, stalled } from "../scenarios/fixtures.mjs";
import { report, runExtra } from "./report.mjs";
import { startWorker } from "./workerd.mjs";

const WORDS = "a panic on demand";
const panics = defaultScripts({ [ALPHA]: says("Alpha.", { status: 299 }) });

export default async function run({ installed, log }) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-panic-"));
  const provider = await startProvider();
  try {
    await faulty(installed, folder);
    const sessions = connect(provider);
    const results = [
      await runExtra("the packed core has no panic on demand", async () => {
        const core = await readFile(join(installed, "node_modules/llm-fuse/dist/core_bg.wasm"));
        ok(!core.includes(WORDS), "the packed core");
        ok(
          (await readFile(join(folder, "node_modules/llm-fuse/dist/core_bg.wasm"))).includes(WORDS),
          "the core of this tier",
        );
      }),
      await runExtra(
        "Node: a panic fails every live run and closes its calls, and later runs work",
        () => inNode(folder, sessions),
      ),
      await runExtra(
        "workerd: a panic in one request fails the live run of another, and later requests work",
        () => inWorkerd(folder, sessions, log),
      ),
    ];
    return await report(results, { runtime: "panic", log });
  } finally {
    await provider.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function faulty(installed, folder) {
  const copy = join(folder, "node_modules/llm-fuse");
  await mkdir(join(folder, "node_modules"));
  await cp(join(installed, "node_modules/llm-fuse"), copy, { recursive: true });
  const core = await buildWithFeature("test-panic");
  for (const name of ["core.js", "core_bg.wasm"])
    await writeFile(join(copy, "dist", name), core[name]);
  await writeFile(join(copy, "dist/core_inline.js"), inlined(core["core_bg.wasm"]));
}

async function scripted(sessions, where) {
  const [live, bad, good] = ["live", "bad", "good"].map((name) =>
    sessions.session(`${where}-${name}`),
  );
  await live.script(defaultScripts(stalled));
  await bad.script(panics);
  await good.script(defaultScripts());
  return { live, bad, good };
}

async function inNode(folder, sessions) {
  const { live, bad, good } = await scripted(sessions, "node");
  await copyFile(new URL("./panic-node.mjs", import.meta.url), join(folder, "panic-node.mjs"));
  const args = [live, bad, good].map(({ baseURL }) => baseURL);
  const child = spawn(process.execPath, ["panic-node.mjs", JSON.stringify(question()), ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const code = await within(
    60_000,
    new Promise((resolve) => child.on("close", resolve)),
    "the process",
  );
  equal(code, 0, output);
  const { failures, later, stray } = JSON.parse(
    output.split("\n").findLast((line) => line.startsWith("{")) ?? "{}",
  );
  equal(
    failures?.map(({ code }) => code),
    ["unexpected_error", "unexpected_error", "unexpected_error"],
    output,
  );
  for (const { message } of failures) includes(message, WORDS);
  equal([later, stray], ["Yes, it is blue.", []]);
  const calls = await live.until(noneOpen);
  equal(
    calls.map(({ end }) => end),
    ["client_closed", "client_closed", "client_closed", "client_closed"],
    "calls of the other live runs",
  );
}

async function inWorkerd(folder, sessions, log) {
  const { live, bad, good } = await scripted(sessions, "workerd");
  let output = "";
  const worker = await startWorker({
    installed: folder,
    folder,
    log,
    entry: new URL("./panic-worker.mjs", import.meta.url),
    onOutput: (text) => (output += text),
  });
  try {
    const address = await worker.ready;
    const ask = async ({ baseURL }) =>
      (
        await fetch(address, {
          method: "POST",
          body: JSON.stringify({ request: question(), baseURL }),
        })
      ).json();
    const waiting = ask(live);
    await live.until((calls) => calls.length === 2, 20_000);
    const outcomes = await within(60_000, Promise.all([ask(bad), waiting]), "both requests");
    equal(
      outcomes.map(({ code }) => code),
      ["unexpected_error", "unexpected_error"],
      JSON.stringify(outcomes),
    );
    for (const { message } of outcomes) includes(message, WORDS);
    equal(await within(60_000, ask(good), "a later request"), { answer: "Yes, it is blue." });
    equal(
      (await live.until(noneOpen)).map(({ end }) => end),
      ["client_closed", "client_closed"],
      "calls of the other request",
    );
    equal(output.match(/.*(?:deadlock|hung|Cannot perform I\/O).*/gi) ?? [], [], output);
  } finally {
    await worker.dispose();
  }
}
