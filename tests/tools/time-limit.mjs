// Runs a script in its own process with a time limit. A regular expression that backtracks over a
// long text blocks its process, including timers.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/**
 * Checks that a script ends before the time limit.
 * @param script a module that prints its progress
 */
export function finishesInTime(script) {
  const args = ["--input-type=module", "--eval", `${script}\nconsole.log("done");`];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  assert.equal(stdout.trim().split("\n").at(-1), "done", `${stdout}${stderr}`);
}
