// `llm-fuse "question"`: one run, its answer on stdout.

import { estimate, fuse } from "llm-fuse";
import { createAnswer } from "./answer.js";
import { failure } from "./describe.js";
import { findProviders } from "./environment.js";
import { ASK_HELP } from "./help.js";
import { openKept, writeKept } from "./kept-run.js";
import { oneLine, printable, printableJson } from "./printable.js";
import { lineProgress, liveProgress, noProgress } from "./progress.js";
import { readQuestion } from "./question.js";
import { reportOn } from "./report.js";
import { requestFields } from "./request.js";
import { sampleRun } from "./sample.js";
import { createScreen } from "./screen.js";
import { toolOptions } from "./tools.js";
import { UsageError } from "./usage-error.js";

/** @typedef {ReturnType<typeof createScreen>} Screen */

/** Codes of errors that the user can correct on the command line. */
const USAGE_CODES = ["invalid_request", "invalid_model", "invalid_snapshot"];

/**
 * Asks the panel. Resolves to the exit code.
 * @param {any} values
 * @param {string[]} words
 * @param {NodeJS.Process} process
 */
export async function ask(values, words, process) {
  const screen = createScreen(process.stderr, process.env);
  const prepared = await prepare(values, words, process);
  if (values.sample)
    screen.print(screen.colors.dim(`Recorded: no model is asked. "${prepared.request.prompt}"`));
  try {
    await checkPrices(prepared, screen);
  } catch (error) {
    return report(error, values, screen, process);
  }
  return runToEnd(prepared, values, screen, process);
}

/**
 * Returns the request, the options, and the path of the file in which the run is stored.
 * @param {any} values
 * @param {string[]} words
 * @param {NodeJS.Process} process
 * @returns {Promise<{ request: any, options: any, path?: string }>}
 */
async function prepare(values, words, process) {
  if (values.sample) return sampleRun();
  const { path, snapshot } = openKept(values);
  // If the command resumes a run, the question is in the run's snapshot.
  const question = snapshot && words.length === 0 ? {} : await readQuestion(words, values, process);
  if (!snapshot && Object.keys(question).length === 0)
    throw new UsageError(`no question\n\n${ASK_HELP}`);
  const { options, panel } = await findProviders(values, process.env);
  return {
    request: {
      ...question,
      ...(snapshot && { resume: snapshot }),
      ...requestFields(values, panel),
      ...(values["max-cost"] && { max_cost: values["max-cost"] }),
    },
    options: {
      ...options,
      ...toolOptions(process.env),
      ...(path && { onSnapshot: (/** @type {any} */ kept) => writeKept(path, kept) }),
    },
    path,
  };
}

/**
 * If the user has set `--max-cost` and a model has no price, throws a UsageError. Makes no model
 * call.
 * @param {{ request: any, options: any }} prepared
 * @param {Screen} screen
 */
async function checkPrices({ request, options }, screen) {
  if (request.max_cost === undefined) return;
  const { expected, unknown } = await estimate(request, options);
  if (unknown.length > 0)
    throw new UsageError(
      `--max-cost needs a price of each model; there is none of ${unknown.join(", ")}`,
    );
  if (expected !== null)
    screen.print(
      screen.colors.dim(
        `expected $${Number(expected.toPrecision(2))}, at most $${request.max_cost}`,
      ),
    );
}

/**
 * @param {{ request: any, options: any, path?: string }} prepared
 * @param {any} values
 * @param {Screen} screen
 * @param {NodeJS.Process} process
 */
async function runToEnd({ request, options, path }, values, screen, process) {
  const run = fuse(request, options);
  const progress = progressOn(screen, values);
  const answer = values.json ? undefined : createAnswer({ process, screen, progress });
  let signal = "";
  // Listen for one signal only. A second signal then ends the process immediately.
  for (const name of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.once(name, () => {
      signal = name;
      run.cancel(name);
    });
  // The error event comes if the reader closes the pipe, as `| head` does. Nothing reads the rest
  // of the answer, so cancel the run.
  let unwritten = "";
  process.stdout.on("error", (error) => {
    unwritten = /** @type {NodeJS.ErrnoException} */ (error).code ?? error.message;
    run.cancel("stdout is closed");
  });

  try {
    for await (const event of run) {
      progress.on(event);
      answer?.on(event);
    }
    const result = await run.result();
    progress.settle();
    if (values.json) process.stdout.write(`${printableJson(result)}\n`);
    else answer?.report(reportOn(result, answer.colors), values.quiet);
    progress.end();
    return 0;
  } catch (error) {
    answer?.stop();
    progress.end();
    const isRefused = USAGE_CODES.includes(/** @type {any} */ (error).code);
    if (path && !isRefused) keepLast(path, run, screen);
    if (unwritten === "EPIPE") return 0;
    if (unwritten) throw new Error(`stdout: ${unwritten}`);
    if (!signal) return report(error, values, screen, process);
    if (values.json) printError(error, process);
    screen.print(stopped(values, path));
    return signal === "SIGINT" ? 130 : 143;
  }
}

/**
 * @param {Screen} screen
 * @param {any} values
 */
function progressOn(screen, values) {
  if (values.quiet) return noProgress;
  return screen.isTerminal ? liveProgress(screen) : lineProgress(screen);
}

/**
 * Writes the last snapshot of an ended run to the file.
 * @param {string} path
 * @param {any} run
 * @param {Screen} screen
 */
function keepLast(path, run, screen) {
  try {
    writeKept(path, run.snapshot());
  } catch (error) {
    screen.print(`${path}: ${oneLine(/** @type {Error} */ (error).message)}`);
  }
}

/**
 * Returns the message after Ctrl-C, which says how to continue the run.
 * @param {any} values
 * @param {string | undefined} path
 */
function stopped(values, path) {
  if (!path) return "Stopped. With --keep FILE, a stopped run can go on.";
  return `Stopped. ${howToGoOn(path, values)}`;
}

/**
 * @param {string} path
 * @param {any} values
 */
function howToGoOn(path, values) {
  const base = values["base-url"];
  const args = ["--resume", path, ...(base ? ["--base-url", base] : [])];
  const quoted = args.map(quote);
  return `Finished work is in ${oneLine(path)}. To go on: llm-fuse ${oneLine(quoted.join(" "))}`;
}

/**
 * Returns an argument for a POSIX shell.
 * @param {string} arg
 */
const quote = (arg) => (/^[\w./:@-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`);

/**
 * Prints an error. Returns the exit code.
 * @param {any} error
 * @param {any} values
 * @param {Screen} screen
 * @param {NodeJS.Process} process
 */
function report(error, values, screen, process) {
  if (error instanceof UsageError) throw error;
  const { code } = error;
  if (values.json) printError(error, process);
  screen.print(screen.colors.red(printable(failure(error))));
  const kept = values.keep ?? values.resume;
  if (kept && !USAGE_CODES.includes(code)) screen.print(howToGoOn(kept, values));
  return USAGE_CODES.includes(code) ? 2 : 1;
}

/**
 * Prints an error as JSON. If the run has finished something, adds its snapshot.
 * @param {any} error
 * @param {NodeJS.Process} process
 */
function printError(error, process) {
  const { code, message, status_code, cause_code, index, retry_after_ms, snapshot } = error;
  const data = { code, message, status_code, cause_code, index, retry_after_ms };
  const hasWork = (snapshot?.activity.length ?? 0) > 0;
  const printed = { error: data, ...(hasWork && { snapshot }) };
  process.stdout.write(`${printableJson(printed)}\n`);
}
