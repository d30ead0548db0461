// `llm-fuse eval tasks.jsonl`: does a fusion help on these tasks, and what does it cost?

import { basename, dirname, extname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { failure } from "../describe.js";
import { oneLine, printable, printableJson } from "../printable.js";
import { createScreen } from "../screen.js";
import { UsageError } from "../usage-error.js";
import {
  bestOnOthers,
  compare,
  firstPairs,
  gradeName,
  member,
  needsGrading,
  selfOf,
  textOf,
} from "./arms.js";
import { buildReport } from "./build-report.js";
import { htmlReport } from "./html-report.js";
import { markdownReport } from "./markdown-report.js";
import { familyOfGrader, makePlan } from "./plan.js";
import { createBudget, LimitReached, runJobs } from "./pool.js";
import { readSettings } from "./settings.js";
import { openStore } from "./store.js";
import { readTasks } from "./tasks.js";
import { runFusion, runGrading, runSelf } from "./work.js";

/**
 * @typedef {import("./work.js").Context} Context
 * @typedef {import("./tasks.js").Task} Task
 * @typedef {ReturnType<typeof createScreen>} Screen
 */

/** Codes of errors that the user can correct on the command line. */
const USAGE_CODES = ["invalid_request", "invalid_model"];

/**
 * Evaluates a fusion on a file of tasks. Resolves to the exit code.
 * @param {any} values
 * @param {string[]} words the path of the file
 * @param {NodeJS.Process} process
 */
export async function evaluate(values, words, process) {
  const screen = createScreen(process.stderr, process.env);
  const path = String(words[0]);
  const tasks = readTasks(path);
  const settings = await readSettings(values, process.env);
  const folder = values.out ?? join(dirname(path), `${basename(path, extname(path))}-eval`);
  const store = openStore(folder, settings.request);
  try {
    const plan = await makePlan(path, tasks, settings, store);
    const kin = await familyOfGrader(knownModels(settings), settings);
    if (!(await isConfirmed({ plan, tasks, settings, kin, values }, screen, process))) return 1;
    return await run({ plan, tasks, settings, store, values }, screen, process);
  } catch (error) {
    const { code } = /** @type {any} */ (error);
    if (USAGE_CODES.includes(code)) throw new UsageError(failure(/** @type {any} */ (error)));
    throw error;
  } finally {
    store.close();
  }
}

/**
 * Returns the models whose texts the grader will read. Models that are known only after the start,
 * such as fallbacks, are not included.
 * @param {import("./settings.js").Settings} settings
 */
function knownModels({ members, request: { writer, model, escalate } }) {
  const name = typeof writer === "string" ? writer : (writer?.model ?? model);
  return [...members, ...(escalate?.analysis_models ?? []), ...(name ? [name] : [])];
}

/**
 * Prints the estimate and the warnings, and asks once whether to start.
 * @param {{ plan: import("./plan.js").Plan, tasks: Task[], kin: string[], values: any,
 *   settings: import("./settings.js").Settings }} prepared
 * @param {Screen} screen
 * @param {NodeJS.Process} process
 */
async function isConfirmed({ plan, tasks, settings, kin, values }, screen, process) {
  const { runs, gradings, cost, unknown, spent } = plan;
  if (settings.maxCost && unknown.length > 0)
    throw new UsageError(
      `--max-cost needs a price of each model; there is none of ${unknown.join(", ")}`,
    );
  const { yellow } = screen.colors;
  if (kin.length > 0)
    screen.print(
      yellow(
        `Warning: the grader ${oneLine(settings.grader.model)} is of the family of ` +
          `${kin.map(oneLine).join(", ")}. Models tend to prefer their own texts.`,
      ),
    );
  if (runs + gradings === 0) return true;
  const range = unknown.length > 0 ? `unknown, no price of ${unknown.join(", ")}` : rangeOf(cost);
  const earlier = spent > 0 ? `, beside ${dollars(spent)} of earlier starts` : "";
  const limit = settings.maxCost ? `; at most $${settings.maxCost} in all` : "";
  screen.print(
    `${tasks.length} tasks, ${settings.members.length} members. Left: ${runs} runs and at most ` +
      `${gradings} gradings.\nCost: ${oneLine(range)}${earlier}${limit}.`,
  );
  if (values.yes) return true;
  if (!process.stdin.isTTY)
    throw new UsageError("stdin is no terminal, so the command cannot ask; --yes starts at once");
  return await isYes("Start? [y/N] ", process);
}

/** @param {number | null} value */
const dollars = (value) => (value === null ? "unknown" : `$${Number(value.toPrecision(2))}`);

/** @param {import("./plan.js").Plan["cost"]} cost */
const rangeOf = ({ low, expected, high }) =>
  `expected ${dollars(expected)} (${dollars(low)} to ${dollars(high)})`;

/**
 * Asks a question on the terminal. Ctrl-C and Ctrl-D mean no.
 * @param {string} question
 * @param {NodeJS.Process} process
 */
async function isYes(question, process) {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  prompt.on("SIGINT", () => prompt.close());
  prompt.once("close", () => ended.abort());
  const answer = await prompt.question(question, { signal: ended.signal }).catch(() => "");
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}

/**
 * Makes the unfinished runs and gradings, and writes the reports. Resolves to the exit code.
 * @param {any} prepared
 * @param {Screen} screen
 * @param {NodeJS.Process} process
 */
async function run({ plan, tasks, settings, store, values }, screen, process) {
  /** @type {import("./work.js").Stop} */
  const stop = { signal: "", runs: new Set() };
  // Listen for one signal only. A second signal then ends the process immediately.
  for (const name of /** @type {const} */ (["SIGINT", "SIGTERM"]))
    process.once(name, () => {
      stop.signal = name;
      for (const open of stop.runs) open.cancel(name);
    });
  const total = plan.runs + plan.gradings;
  let done = 0;
  let failed = 0;
  /** @type {Context} */
  const context = {
    ...{ settings, store, plan, stop },
    budget: createBudget(settings.maxCost, plan.spent),
    progress(line, isFailure = false) {
      done += 1;
      if (isFailure) failed += 1;
      if (!values.quiet) screen.print(printable(`[${done}/${total}] ${line}`));
    },
  };
  /** @type {any} */
  let error;
  await runAll(context, tasks).catch((reason) => {
    error = reason;
  });
  const { report, paths } = await writeReports({ tasks, settings, store }, process);
  const again = "The same command goes on, and repeats no finished call.";
  if (stop.signal) screen.print(`Stopped. Finished work is in ${oneLine(store.folder)}. ${again}`);
  else if (error instanceof LimitReached || error?.code === "budget_exceeded")
    screen.print(`--max-cost $${settings.maxCost} is reached. With a higher one: ${again}`);
  else if (error) screen.print(screen.colors.red(`${printable(failure(error))}\n${again}`));
  else process.stdout.write(printable(markdownReport(report)));
  if (!values.quiet) screen.print(`Reports: ${paths.map(oneLine).join(", ")}`);
  if (stop.signal === "" && error === undefined && failed > 0)
    screen.print(`${failed} runs or gradings failed. The same command tries them again.`);
  if (stop.signal === "" && error === undefined) return failed > 0 ? 1 : 0;
  return stop.signal === "SIGINT" ? 130 : stop.signal ? 143 : 1;
}

/**
 * Makes the runs of the fusion and their gradings. Then makes the runs of the self-fusions and
 * their gradings, because the member of a self-fusion is chosen by the gradings of all other tasks.
 * @param {Context} context
 * @param {Task[]} tasks
 */
async function runAll(context, tasks) {
  const { settings, store, stop } = context;
  const inPool = (/** @type {(() => Promise<void>)[]} */ jobs) =>
    runJobs(jobs, settings.parallel, () => stop.signal !== "");
  const isDone = (/** @type {import("./store.js").Kept | undefined} */ kept) =>
    kept?.snapshot.status === "completed";
  await inPool(
    tasks
      .filter((task) => !isDone(store.stateOf(task).fusion))
      .map((task) => () => runFusion(context, task)),
  );
  const pairs = firstPairs(settings.members.length);
  await inPool(tasks.flatMap((task) => gradings(context, task, pairs)));
  if (!settings.hasSelf || stop.signal) return;
  const all = tasks.map((task) => ({ task, state: store.stateOf(task) }));
  /** @type {{ task: Task, index: number }[]} */
  const chosen = [];
  for (const { task, state } of all) {
    const index = bestOnOthers(task, all, settings);
    if (index !== undefined && typeof textOf(state, member(index)) === "string")
      chosen.push({ task, index });
  }
  await inPool(
    chosen
      .filter(({ task, index }) => !isDone(store.stateOf(task).selves[String(index)]))
      .map(
        ({ task, index }) =>
          () =>
            runSelf(context, task, index),
      ),
  );
  await inPool(
    chosen.flatMap(({ task, index }) => gradings(context, task, [["fusion", selfOf(index)]])),
  );
}

/**
 * Returns functions that make the unfinished grading calls of a task. Each pair of arms needs two
 * calls, with the two texts in both orders.
 * @param {Context} context
 * @param {Task} task
 * @param {[import("./arms.js").Arm, import("./arms.js").Arm][]} pairs
 */
function gradings(context, task, pairs) {
  const { settings, store } = context;
  const state = store.stateOf(task);
  return pairs
    .filter(([a, b]) => needsGrading(textOf(state, a), textOf(state, b)))
    .filter((pair) => !compare(task, state, settings, pair))
    .flatMap(([a, b]) => [orderOf(a, b), orderOf(b, a)])
    .filter((order) => !isGraded(context, task, order))
    .map((order) => () => runGrading(context, task, order));
}

/**
 * @param {import("./arms.js").Arm} first
 * @param {import("./arms.js").Arm} second
 * @returns {[import("./arms.js").Arm, import("./arms.js").Arm]}
 */
const orderOf = (first, second) => [first, second];

/**
 * @param {Context} context
 * @param {Task} task
 * @param {[import("./arms.js").Arm, import("./arms.js").Arm]} order
 */
const isGraded = ({ settings, store }, task, order) =>
  gradeName(task, settings.grader, ...order) in store.stateOf(task).grades;

/**
 * Writes the reports as JSON, Markdown and HTML.
 * @param {{ tasks: Task[], settings: import("./settings.js").Settings,
 *   store: import("./store.js").Store }} evaluated
 * @param {NodeJS.Process} process
 */
async function writeReports({ tasks, settings, store }, process) {
  const entries = tasks.map((task) => ({ task, state: store.stateOf(task) }));
  const writers = entries.flatMap(({ state }) => state.fusion?.snapshot.answer?.model ?? []);
  const models = [...knownModels(settings), ...new Set(writers)];
  const report = {
    created_at: new Date().toISOString(),
    node: process.version,
    ...buildReport(entries, settings, await familyOfGrader(models, settings)),
  };
  const paths = [
    store.write("report.md", markdownReport(report)),
    store.write("report.json", `${printableJson(report)}\n`),
    store.write("report.html", htmlReport(report)),
  ];
  return { report, paths };
}
