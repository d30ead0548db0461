// The folder of an evaluation. The folder has one file for each task, with the state of the task. A
// file is replaced as a whole, so a process that ends during a write loses nothing.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeKept } from "../kept-run.js";
import { UsageError } from "../usage-error.js";
import { hashOf } from "./tasks.js";

/**
 * @typedef {object} Grade the verdict of one grading call
 * @property {import("./grading.js").Verdict} verdict
 * @property {string} text
 * @property {number | null} cost
 * @property {number} latency_ms
 */

/**
 * @typedef {object} Kept a run of an arm
 * @property {any} snapshot
 * @property {number} shared number of calls in `activity` that another run has made. These calls
 *   are the first ones
 * @property {{ code: string, message: string }} [error]
 */

/**
 * @typedef {object} TaskState
 * @property {Kept} [fusion]
 * @property {Record<string, Kept>} selves the self-fusions, by the index of the member
 * @property {Record<string, Grade>} grades
 * @property {string[]} open names of the runs and gradings that are open
 * @property {string[]} interrupted names of the runs and gradings that a stop interrupted
 * @property {number} unknown_cost an upper bound in USD for the calls with an unknown cost. It
 *   counts towards the cost limit
 */

/**
 * @typedef {object} Store
 * @property {string} folder
 * @property {(task: import("./tasks.js").Task) => TaskState} stateOf
 * @property {(task: import("./tasks.js").Task) => void} save
 * @property {(name: string, text: string) => string} write writes a report and returns its path
 * @property {() => void} close
 */

const VERSION = 1;

/**
 * Opens the folder. Throws if the folder belongs to an evaluation with another request, or if
 * another process uses the folder.
 * @param {string} folder
 * @param {unknown} request the fields that all runs of the fusion have
 * @returns {Store}
 */
export function openStore(folder, request) {
  const lock = join(folder, "lock");
  try {
    mkdirSync(join(folder, "tasks"), { recursive: true, mode: 0o700 });
    takeLock(lock, folder);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new UsageError(`--out ${folder}: ${code}`);
  }
  try {
    checkSettings(join(folder, "settings.json"), folder, request);
  } catch (error) {
    rmSync(lock, { force: true });
    throw error;
  }
  /** @type {Map<string, TaskState>} */
  const states = new Map();
  const pathOf = (/** @type {string} */ key) => join(folder, "tasks", `${key}.json`);
  return {
    folder,
    stateOf({ key }) {
      const state = states.get(key) ?? readState(pathOf(key));
      states.set(key, state);
      return state;
    },
    save: ({ key }) => writeKept(pathOf(key), states.get(key)),
    write(name, text) {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    },
    close: () => rmSync(lock, { force: true }),
  };
}

/**
 * Creates the lock. Replaces the lock of a process that has ended.
 * @param {string} path
 * @param {string} folder
 */
function takeLock(path, folder) {
  const pid = Number(readIfThere(path));
  if (pid && pid !== process.pid && isRunning(pid))
    throw new UsageError(`${folder} is in use by process ${pid}. If it is not: rm ${path}`);
  rmSync(path, { force: true });
  writeFileSync(path, String(process.pid), { flag: "wx", mode: 0o600 });
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/**
 * @param {string} path
 * @param {string} folder
 * @param {unknown} request
 */
function checkSettings(path, folder, request) {
  const text = readIfThere(path);
  if (text === undefined) return writeKept(path, { version: VERSION, request });
  const kept = parse(path, text);
  if (kept.version !== VERSION)
    throw new UsageError(
      `${path}: version ${kept.version} is not ${VERSION}. Choose another --out`,
    );
  if (hashOf(kept.request) !== hashOf(request))
    throw new UsageError(
      `${folder} has an evaluation of another fusion: ${JSON.stringify(kept.request)}. ` +
        "Choose another --out",
    );
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * @param {string} path
 * @param {string} text
 */
function parse(path, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path}: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * Reads the state of a task. If runs were open when the process ended, marks them as interrupted.
 * Removes their open calls from the snapshot, because these calls have no answer and no known cost.
 * @param {string} path
 * @returns {TaskState}
 */
function readState(path) {
  const text = readIfThere(path);
  if (text === undefined)
    return { selves: {}, grades: {}, open: [], interrupted: [], unknown_cost: 0 };
  /** @type {TaskState} */
  const state = parse(path, text);
  for (const kept of [state.fusion, ...Object.values(state.selves)])
    if (kept) kept.snapshot = withoutOpenCalls(kept.snapshot);
  return { ...state, open: [], interrupted: [...state.interrupted, ...state.open] };
}

/** @param {any} snapshot */
const withoutOpenCalls = (snapshot) => ({
  ...snapshot,
  activity: snapshot.activity.filter((/** @type {any} */ { status }) => status !== "running"),
});
