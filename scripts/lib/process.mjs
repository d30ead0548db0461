// Runs child processes. A failed child process is reported in one line. If this process ends, its
// child processes end too.
import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the checkout. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** An error that the user can fix. `main` prints it without a stack trace. */
export class UserError extends Error {}

const cleanups = new Set();

/**
 * Runs `action` when the process ends. Returns a function that runs `action` immediately and
 * removes it from the end of the process.
 */
export function atExit(action) {
  cleanups.add(action);
  return async () => {
    if (cleanups.delete(action)) await action();
  };
}

async function cleanUp() {
  for (const action of [...cleanups].reverse()) {
    cleanups.delete(action);
    try {
      await action();
    } catch (error) {
      console.error(error);
    }
  }
}

/**
 * Runs a script's main function. On Ctrl-C or SIGTERM, cleans up and ends the process with the exit
 * code `interrupted`.
 */
export async function main(action, { interrupted = 130 } = {}) {
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, async () => {
      // The signal may arrive twice: the terminal sends it to this process, and npm forwards it.
      if (stopping) return;
      stopping = true;
      process.exitCode = interrupted; // a library may end the process at the same signal
      setTimeout(() => process.exit(interrupted), 5000);
      await cleanUp();
      process.exit(interrupted);
    });
  }
  try {
    const code = await action();
    if (stopping) return;
    await cleanUp();
    process.exit(code ?? 0);
  } catch (error) {
    // While the script stops, its ended child processes cause errors. Do not report them.
    if (stopping) return;
    await cleanUp();
    console.error(error instanceof UserError ? `\n${error.message}` : error);
    process.exit(1);
  }
}

/**
 * Runs a program to its end. Resolves to `{ code, output }`.
 * `quiet` captures stdout and stderr in `output`; `quiet: "stdout"` captures stdout alone.
 * `env` is added to the environment. A value of `undefined` removes a variable.
 */
export function run(command, args, { cwd = root, env, quiet = false, timeout } = {}) {
  const merged = { ...process.env, ...env };
  for (const name in merged) if (merged[name] === undefined) delete merged[name];

  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: merged,
      stdio: ["ignore", quiet ? "pipe" : "inherit", quiet === true ? "pipe" : "inherit"],
      // Start the child in its own process group. A signal to the group also ends the processes
      // that the child has started, such as npm's Node or cargo's rustc.
      detached: process.platform !== "win32",
    });
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    const forget = atExit(() => end(child));
    const done = (code, note = "") => {
      clearTimeout(late);
      forget();
      resolve({ code, output: Buffer.concat(chunks).toString() + note });
    };
    const late = timeout && setTimeout(() => end(child), timeout);
    child.on("error", (error) => done(127, `${command}: ${error.message}`));
    child.on("close", (code, signal) =>
      done(code ?? 1, signal ? `${command} was ended by ${signal}` : ""),
    );
  });
}

/** Ends a child of `run` and all processes in its group. */
function end(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGTERM");
  } catch {
    // The process has already ended.
  }
}

/** Runs a program as `run` does. Throws a `UserError` if it fails. */
export async function runOrThrow(command, args, options = {}) {
  const { code, output } = await run(command, args, options);
  if (code !== 0)
    throw new UserError(
      `${output}\n\`${[command, ...args].join(" ")}\` failed (exit code ${code}).`.trim(),
    );
  return output;
}

/** Returns whether the module of `meta` is the script that Node was started with. */
export const isMain = (meta) =>
  process.argv[1] !== undefined && fileURLToPath(meta.url) === realpathSync(process.argv[1]);
