// Tests the command of the packed package in the way that users run it: as a process, on a terminal
// and in a pipe.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run as runProgram } from "../../scripts/lib/process.mjs";
import ask from "../cli/ask.mjs";
import evaluation from "../cli/eval.mjs";
import evalUsage, { onTerminal } from "../cli/eval-usage.mjs";
import serve from "../cli/serve.mjs";
import signals from "../cli/signals.mjs";
import terminal from "../cli/terminal.mjs";
import usage from "../cli/usage.mjs";
import { startProvider } from "../provider/server.mjs";
import { runAll, runScenario } from "../scenarios/harness.mjs";
import { report, scenariosFor } from "./report.mjs";

/** Number of scenarios that run at the same time. */
const WIDTH = 3;

export default async function run({ installed, tarball, log }) {
  const folder = await mkdtemp(join(tmpdir(), "llm-fuse-cli-"));
  const provider = await startProvider();
  const api = {
    folder,
    tarball,
    program: join(installed, "node_modules/.bin/llm-fuse"),
    terminal: fileURLToPath(new URL("../cli/terminal.py", import.meta.url)),
  };
  const world = { ...provider, api, runtime: "cli", unhandled: () => [] };
  try {
    const { code } = await runProgram("python3", ["-c", "import pty"], { quiet: true });
    if (code !== 0) log("not run: the scenarios on a terminal, which need Python's `pty`");
    const always = [...ask, ...usage, ...signals, ...serve, ...evaluation, ...evalUsage];
    const all = [...always, ...(code === 0 ? [...terminal, ...onTerminal] : [])];
    const wanted = scenariosFor(
      all.map((scenario, id) => ({ id, ...scenario })),
      "cli",
      log,
    );
    const results = await runAll(wanted, WIDTH, (scenario) => runScenario(scenario, world));
    return await report(results, { runtime: "cli", log });
  } finally {
    await provider.close();
    await rm(folder, { recursive: true, force: true });
  }
}
