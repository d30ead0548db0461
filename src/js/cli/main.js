#!/usr/bin/env node
// The command `llm-fuse`.

import { readFileSync } from "node:fs";
import { readArguments } from "./arguments.js";
import { ask } from "./ask.js";
import { evaluate } from "./eval/index.js";
import { ASK_HELP, EVAL_HELP, SERVE_HELP } from "./help.js";
import { printable } from "./printable.js";
import { serve } from "./serve.js";
import { UsageError } from "./usage-error.js";

/** Returns the version in the package.json of the installed package. */
function version() {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return JSON.parse(manifest).version;
}

const HELP = { ask: ASK_HELP, serve: SERVE_HELP, eval: EVAL_HELP };

/** Runs the command. Resolves to the exit code. */
async function main() {
  const { command, values, words } = readArguments(process.argv.slice(2));
  if (values.help) return void process.stdout.write(HELP[command]);
  if (values.version) return void process.stdout.write(`${version()}\n`);
  if (command === "serve") return serve(values, process);
  return (command === "eval" ? evaluate : ask)(values, words, process);
}

// A closed pipe is not a failure. Any other write error, such as a full disk, sets the exit code to
// 1. The error may also arrive after the run. During a run, ask.js adds a listener of its own.
let exitCode = 0;
process.stdout.on("error", ({ code }) => {
  if (code !== "EPIPE") process.exitCode = exitCode = 1;
});
process.stderr.on("error", () => {});

try {
  // Do not call exit(), because stdout may have unwritten data.
  process.exitCode = (await main()) || exitCode;
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`llm-fuse: ${printable(/** @type {Error} */ (error).message)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
