// Reads the file of tasks. Each line is a JSON object.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { unknownRule } from "../../did-you-mean.js";
import { UsageError } from "../usage-error.js";

/**
 * @typedef {object} Task
 * @property {number} line the number of the task's line in the file, from 1
 * @property {string} id
 * @property {{ prompt: string } | { messages: any[] }} question
 * @property {string} [reference]
 * @property {string} [rubric]
 * @property {string} key a hash of the question
 */

const FIELDS = ["id", "prompt", "messages", "reference", "rubric"];
/** Maximum number of faulty lines that an error message lists. */
const MAX_SHOWN = 20;

/**
 * Returns the tasks of a file. If a line is not a task, refuses the file with an error that
 * names each such line.
 * @param {string} path
 * @returns {Task[]}
 */
export function readTasks(path) {
  /** @type {string[]} */
  const faults = [];
  /** @type {Task[]} */
  const tasks = [];
  for (const [index, text] of linesOf(path).entries()) {
    if (text.trim() === "") continue;
    const line = index + 1;
    const { task, found } = readLine(text, line);
    if (task) found.push(...repeats(task, tasks));
    faults.push(...found.map((fault) => `${path}:${line}: ${fault}`));
    if (task) tasks.push(task);
  }
  if (faults.length > 0) {
    const more = faults.length > MAX_SHOWN ? `\nand ${faults.length - MAX_SHOWN} more` : "";
    throw new UsageError(`${faults.slice(0, MAX_SHOWN).join("\n")}${more}`);
  }
  if (tasks.length === 0) throw new UsageError(`${path}: has no task`);
  return tasks;
}

/** @param {string} path */
function linesOf(path) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    return text.split(/\r?\n/);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    const reason = error instanceof TypeError ? "not UTF-8 text" : code;
    throw new UsageError(`${path}: ${reason}`);
  }
}

/**
 * @param {string} text
 * @param {number} line
 * @returns {{ task?: Task, found: string[] }}
 */
function readLine(text, line) {
  let data;
  try {
    data = JSON.parse(text);
  } catch (error) {
    return { found: [`is no JSON: ${/** @type {Error} */ (error).message}`] };
  }
  if (typeof data !== "object" || data === null || Array.isArray(data))
    return { found: ["is no JSON object"] };
  const found = faultsOf(data);
  if (found.length > 0) return { found };
  const { id = `line ${line}`, prompt, messages, reference, rubric } = data;
  const question = prompt === undefined ? { messages } : { prompt };
  return {
    task: {
      line,
      id,
      question,
      ...(reference !== undefined && { reference }),
      ...(rubric !== undefined && { rubric: [rubric].flat().join("\n") }),
      key: hashOf(question),
    },
    found,
  };
}

/**
 * Returns the faults of a task. Each fault names its field.
 * @param {any} data
 */
function faultsOf(data) {
  const { id, prompt, messages, reference, rubric } = data;
  const isText = (/** @type {unknown} */ value) => typeof value === "string" && value.trim() !== "";
  const isTexts = Array.isArray(rubric) && rubric.length > 0 && rubric.every(isText);
  const found = Object.keys(data)
    .filter((name) => !FIELDS.includes(name))
    .map((name) => `\`${name}\` ${unknownRule(name, FIELDS)}`);
  /**
   * @param {boolean} isFault
   * @param {string} fault
   */
  const check = (isFault, fault) => void (isFault && found.push(fault));
  check(prompt === undefined && messages === undefined, "lacks `prompt` or `messages`");
  check(prompt !== undefined && messages !== undefined, "has both `prompt` and `messages`");
  check(prompt !== undefined && !isText(prompt), "`prompt` must be text");
  check(messages !== undefined && !Array.isArray(messages), "`messages` must be a list");
  check(reference !== undefined && !isText(reference), "`reference` must be text");
  check(rubric !== undefined && !isText(rubric) && !isTexts, "`rubric` must be text or texts");
  check(id !== undefined && !isText(id), "`id` must be text");
  return found;
}

/**
 * Returns faults if the id or the question of a task has already occurred in an earlier line.
 * @param {Task} task
 * @param {Task[]} earlier
 */
function repeats(task, earlier) {
  const sameId = earlier.find(({ id }) => id === task.id);
  const same = earlier.find(({ key }) => key === task.key);
  return [
    ...(sameId ? [`\`id\` is that of line ${sameId.line}`] : []),
    ...(same ? [`asks the question of line ${same.line} again`] : []),
  ];
}

/**
 * Returns a hash of a JSON value.
 * @param {unknown} value
 */
export const hashOf = (value) =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
