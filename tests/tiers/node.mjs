// Runs the scenarios on the packed package in Node. The package is imported by its name.

import { spawn } from "node:child_process";
import { copyFile, cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { nodeChecks, overHttp2 } from "../frameworks/node-checks.mjs";
import { leftOverHttp2 } from "../frameworks/node-edges.mjs";
import { plainServer } from "../frameworks/servers.mjs";
import { connect, noneOpen } from "../provider/client.mjs";
import { startProvider } from "../provider/server.mjs";
import { providerReports } from "../provider-reports/index.mjs";
import { equal, ok, within } from "../scenarios/assert.mjs";
import { ANALYST, defaultScripts, question, stalled, WRITER } from "../scenarios/fixtures.mjs";
import { runAll, runScenario } from "../scenarios/harness.mjs";
import { scenarios } from "../scenarios/index.mjs";
import { busyProcess } from "./node-busy.mjs";
import { readmeExamples } from "./node-readme.mjs";
import { report, runExtra, scenariosFor } from "./report.mjs";

const runtime = "node";
const KILLS = 20;

export default async function run({ installed, log }) {
  // Import the package from a file inside the folder: the importing file determines what the name
  // `llm-fuse` resolves to.
  const user = join(installed, "uses-llm-fuse.mjs");
  await writeFile(
    user,
    'export * from "llm-fuse";\nexport * as testing from "llm-fuse/testing";\nexport * as ' +
      'tools from "llm-fuse/tools";\n',
  );
  const api = await import(pathToFileURL(user));

  const rejections = [];
  const note = (reason) => rejections.push(String(reason));
  process.on("unhandledRejection", note);
  const provider = await startProvider();
  try {
    const world = {
      api,
      runtime,
      unhandled: () => rejections,
      wire: provider.wire,
      control: provider.control,
    };
    const results = await runAll(scenariosFor(scenarios, runtime, log), 8, (scenario) =>
      runScenario(scenario, world),
    );
    results.push(...(await providerReports(api)));
    results.push(...(await processes({ installed, provider })));
    results.push(
      await runExtra(
        `a process that is killed ${KILLS} times at random resumes from its last snapshot`,
        () => killed({ installed, provider }),
      ),
    );
    results.push(
      await runExtra("a trap in the core fails every live run, and later runs work", () =>
        trap({ installed }),
      ),
    );
    for (const lacking of ["text", "wasm"]) {
      results.push(
        await runExtra(
          `a runtime without ${lacking}: imports work, and runs say what is missing`,
          () => bare({ installed, lacking }),
        ),
      );
    }
    results.push(
      await runExtra("a busy process reads its sockets before a call times out", () =>
        busyProcess(api),
      ),
    );
    results.push(...(await readmeExamples({ installed, provider })));
    results.push(...(await servers(installed)));
    results.push(
      await runExtra("isFusionError() accepts an error of another copy of the package", () =>
        copies({ installed, api }),
      ),
    );
    const { passed, failed } = await report(results, { runtime, log });
    const own = await providerTests(log);
    return { passed: passed + own.passed, failed: failed + own.failed };
  } finally {
    await provider.close();
    process.off("unhandledRejection", note);
    await rm(user, { force: true });
  }
}

async function servers(installed) {
  const user = join(installed, "uses-node.mjs");
  const entries = ["llm-fuse", "llm-fuse/handler", "llm-fuse/node", "llm-fuse/testing"];
  await writeFile(user, entries.map((entry) => `export * from "${entry}";\n`).join(""));
  const api = await import(pathToFileURL(user));
  const checks = nodeChecks("http", plainServer, api);
  checks.push({ name: "http2: a handler and a run", run: () => overHttp2(api) });
  checks.push({ name: "http2: a client that left", run: () => leftOverHttp2(api) });
  const results = [];
  for (const { name, run } of checks) {
    results.push(await runExtra(name, () => within(60_000, run(), name)));
  }
  await rm(user);
  return results;
}

async function trap({ installed }) {
  await program({ installed, name: "node-trap.mjs", says: "contained" });
}

/** Runs a process in which some globals are missing. */
async function bare({ installed, lacking }) {
  await program({ installed, name: "node-bare.mjs", args: [lacking], says: "as it should be" });
}

/** Runs a program of this folder with the installed package. Its output must contain `says`. */
async function program({ installed, name, args = [], says }) {
  const script = join(installed, name);
  await copyFile(new URL(name, import.meta.url), script);
  await copyFile(
    new URL("../scenarios/assert.mjs", import.meta.url),
    join(installed, "assert.mjs"),
  );
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const code = await within(
    20_000,
    new Promise((resolve) => child.on("close", resolve)),
    "the process",
  );
  ok(code === 0 && output.includes(says), `exit code ${code}, output ${output}`);
}

async function copies({ installed, api }) {
  const copy = join(installed, "node_modules/llm-fuse-copy");
  await cp(join(installed, "node_modules/llm-fuse"), copy, { recursive: true });
  try {
    const other = await import(pathToFileURL(join(copy, "dist/entry/inline.js")));
    const error = await other
      .fuse({})
      .result()
      .catch((error) => error);
    ok(!(error instanceof api.FusionError) && api.isFusionError(error), `${error}`);
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** Runs the tests of the loopback provider, because every tier relies on it. */
async function providerTests(log) {
  const child = spawn(process.execPath, [
    "--test",
    "--test-reporter=tap",
    new URL("../provider/provider.test.mjs", import.meta.url).pathname,
  ]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  const count = (name) => Number(output.match(new RegExp(`^# ${name} (\\d+)$`, "m"))?.[1] ?? 0);
  if (code !== 0) log(output);
  return { passed: count("pass"), failed: code === 0 ? 0 : Math.max(1, count("fail")) };
}

/** Kills processes at random times during a run. The next process resumes from the file. */
async function killed({ installed, provider }) {
  const script = join(installed, "resume.mjs");
  await copyFile(new URL("./node-resume.mjs", import.meta.url), script);
  const delay = { first_ms: 60, between_ms: 25 };
  const slow = (scripts) =>
    Object.fromEntries(Object.entries(scripts).map(([model, says]) => [model, { ...says, delay }]));
  const sessions = connect(provider);
  let [kills, spared] = [0, 0];
  for (let run = 0; kills < KILLS; run++) {
    ok(run < 4 * KILLS, "most processes end before they are killed");
    const session = sessions.session(`killed-${run}`);
    await session.script(slow(defaultScripts()));
    const file = join(installed, `snapshot-${run}.json`);
    const launch = () => {
      const child = spawn(
        process.execPath,
        [script, file, session.baseURL, JSON.stringify(question())],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      let output = "";
      child.stdout.on("data", (text) => (output += text));
      return {
        child,
        ended: new Promise((resolve) =>
          child.on("close", (code, signal) => resolve({ code, signal, output })),
        ),
      };
    };
    const { child, ended } = launch();
    await session.until((calls) => calls.length > 0, 20_000);
    const timer = setTimeout(() => child.kill("SIGKILL"), Math.random() * 900);
    const first = await within(20_000, ended, "the first process");
    clearTimeout(timer);
    // If the process ended before the kill, there is nothing to resume.
    if (first.signal === null) continue;
    kills += 1;
    await session.until(noneOpen);
    const left = await readFile(file, "utf8").then(JSON.parse, () => undefined);
    const settled = [
      ...(left?.responses ?? []).map(({ model }) => model),
      ...(left?.analysis ? [ANALYST] : []),
      ...(left?.answer ? [WRITER] : []),
    ];
    spared += settled.length;
    const before = (await session.calls()).length;
    const second = await within(20_000, launch().ended, "the second process");
    equal(
      [second.code, JSON.parse(second.output)],
      [0, { responses: 2, answer: "Yes, it is blue.", analysis: true }],
    );
    const repeated = (await session.calls())
      .slice(before)
      .map(({ model }) => model)
      .filter((model) => settled.includes(model));
    equal(repeated, [], `settled were ${settled}`);
    const kept = JSON.parse(await readFile(file, "utf8"));
    equal(left ? kept.run_id : "", left ? left.run_id : "");
    ok(
      kept.activity.length >= (left?.activity.length ?? 0) &&
        kept.activity.every(({ status }) => status !== "running"),
      "the activity",
    );
  }
  ok(spared > 0, "every process was killed before its first answer");
}

/**
 * Tests whole processes: no run keeps a process alive, and the end of a process closes its calls.
 */
async function processes({ installed, provider }) {
  const script = join(installed, "process.mjs");
  await copyFile(new URL("./node-process.mjs", import.meta.url), script);
  const sessions = connect(provider);
  const launch = async (mode, scripts) => {
    const session = sessions.session(`process-${mode}`);
    await session.script(scripts);
    const child = spawn(
      process.execPath,
      [script, mode, session.baseURL, JSON.stringify(question())],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let output = "";
    child.stdout.on("data", (text) => (output += text));
    const ended = new Promise((resolve) =>
      child.on("close", (code, signal) => resolve({ code, signal, output })),
    );
    return { session, child, ended };
  };
  // A run's timeouts are at least 1 minute. If a timer kept the process alive, this limit of 20 s
  // would be exceeded.
  const exits = (mode, scripts) => async () => {
    const { child, ended } = await launch(mode, scripts);
    try {
      const { code, output } = await within(20_000, ended, "the process");
      ok(code === 0 && output.includes("done"), `exit code ${code}, output ${output}`);
    } finally {
      child.kill("SIGKILL");
    }
  };
  const results = await Promise.all([
    runExtra("process: ends after a run", exits("complete", defaultScripts())),
    runExtra(
      "process: ends after a break from stalled calls",
      exits("break", defaultScripts(stalled)),
    ),
    runExtra("process: ends after a failed run without a reader", exits("unread", {})),
    runExtra("process: Ctrl-C closes every call", async () => {
      const { session, child, ended } = await launch("wait", defaultScripts(stalled));
      await session.until((calls) => calls.length === 2);
      child.kill("SIGINT");
      const { signal } = await within(20_000, ended, "the process");
      ok(signal === "SIGINT", `signal ${signal}`);
      const calls = await session.until(noneOpen);
      ok(
        calls.every(({ end }) => end === "client_closed"),
        JSON.stringify(calls.map(({ end }) => end)),
      );
    }),
  ]);
  await rm(script, { force: true });
  return results;
}
