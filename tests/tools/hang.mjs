// In a process of its own: an expression that looks back at each sign of a long text is at it for an hour, and hears no timer.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/** @param script a module that tells what it is at */
export function comesThrough(script) {
  const args = ["--input-type=module", "--eval", `${script}\nconsole.log("done");`];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000, killSignal: "SIGKILL" });
  assert.equal(stdout.trim().split("\n").at(-1), "done", `${stdout}${stderr}`);
}
