// Counts the unfinished runs and gradings, and estimates their cost. Calls no model.

import { estimate } from "llm-fuse";
import { UsageError } from "../usage-error.js";
import { bestOnOthers, compare, firstPairs, member, selfOf, textOf } from "./arms.js";
import { knownSum, sumOfCosts } from "./costs.js";
import { modelOf } from "./settings.js";
import { gradingRequest } from "./work.js";

/**
 * @typedef {import("./tasks.js").Task} Task
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {import("./store.js").Store} Store
 */

/** @typedef {{ expected: number, high: number }} Size what a run may cost, in USD; 0 if unknown */

/** @typedef {{ low: number | null, expected: number | null, high: number | null }} Range */

/** @typedef {{ fusion: Range, self: Range, grade: Range }} TaskCosts */

/**
 * @typedef {object} Plan
 * @property {number} runs number of unfinished runs
 * @property {number} gradings maximum number of unfinished grading calls
 * @property {Range} cost of the unfinished runs and gradings
 * @property {string[]} unknown models without a price
 * @property {number} spent what this evaluation has cost so far. If the cost of a call is unknown,
 *   includes its estimate
 * @property {(task: Task, name: string) => Size} sizeOf
 */

/** A text of 1,500 tokens. `estimate()` expects that an answer has this length. */
const ANSWER = "x".repeat(4500);

/**
 * Counts and prices what the evaluation must still do. Throws a UsageError if a task is not a valid
 * request.
 * @param {string} path of the file of tasks
 * @param {Task[]} tasks
 * @param {Settings} settings
 * @param {Store} store
 * @returns {Promise<Plan>}
 */
export async function makePlan(path, tasks, settings, store) {
  /** @type {Map<string, TaskCosts>} */
  const costs = new Map();
  /** @type {Set<string>} */
  const unknown = new Set();
  // First check the settings with a short prompt. Otherwise the error for a wrong setting would
  // blame the first task.
  await estimate({ prompt: "-", ...settings.request }, settings.options);
  for (const task of tasks) costs.set(task.key, await costsOf(path, task, settings, unknown));
  const costsAt = (/** @type {Task} */ { key }) => /** @type {TaskCosts} */ (costs.get(key));
  const left = leftOf(tasks, settings, store);
  const rangeOf = (/** @type {keyof Range} */ bound) =>
    sumOfCosts(
      left.flatMap(({ task, fusion, self, gradings }) => {
        const { [bound]: grade } = costsAt(task).grade;
        return [
          ...(fusion ? [costsAt(task).fusion[bound]] : []),
          ...(self ? [costsAt(task).self[bound]] : []),
          ...(gradings > 0 ? [grade === null ? null : grade * gradings] : []),
        ];
      }),
    );
  const sizeOf = (/** @type {Task} */ task, /** @type {string} */ name) => {
    const kind = name === "fusion" ? "fusion" : name.startsWith("self:") ? "self" : "grade";
    const { expected, high } = costsAt(task)[kind];
    return { expected: expected ?? 0, high: high ?? 0 };
  };
  return {
    runs: left.reduce((sum, { fusion, self }) => sum + Number(fusion) + Number(self), 0),
    gradings: left.reduce((sum, { gradings }) => sum + gradings, 0),
    cost: { low: rangeOf("low"), expected: rangeOf("expected"), high: rangeOf("high") },
    unknown: [...unknown],
    spent: knownSum(tasks.flatMap((task) => spentOn(task, store, sizeOf))),
    sizeOf,
  };
}

/**
 * @param {string} path
 * @param {Task} task
 * @param {Settings} settings
 * @param {Set<string>} unknown
 * @returns {Promise<TaskCosts>}
 */
async function costsOf(path, task, settings, unknown) {
  const { request, options, members } = settings;
  const ask = async (/** @type {any} */ fields) => {
    const estimated = await estimate(fields, options).catch((error) => {
      const isTask = error.code === "invalid_request";
      throw isTask ? new UsageError(`${path}:${task.line}: ${error.message}`) : error;
    });
    for (const name of estimated.unknown) unknown.add(name);
    return estimated;
  };
  const fusion = await ask({ ...task.question, ...request });
  const grade = await ask(gradingRequest(task, settings, [ANSWER, ANSWER]));
  const { escalate, ...plain } = request;
  const selves = settings.hasSelf
    ? await Promise.all(
        members.map((spec) =>
          ask({ ...task.question, ...plain, analysis_models: members.map(() => spec) }),
        ),
      )
    : [];
  return { fusion, grade, self: largest(selves.map((found) => withoutOneSeat(found, members))) };
}

/**
 * Returns the estimated costs of a self-fusion. Leaves out the cost of one panelist, because the
 * answer of the first panelist is taken from the fusion.
 * @param {any} estimated
 * @param {any[]} members
 * @returns {Range}
 */
function withoutOneSeat({ low, expected, high, by_stage: { panel } }, { length }) {
  const less = (/** @type {number | null} */ all, /** @type {number | null} */ stage) =>
    all === null || stage === null ? null : all - stage / length;
  return {
    low: less(low, panel.low),
    expected: less(expected, panel.expected),
    high: less(high, panel.high),
  };
}

/**
 * Returns the costs of the most expensive self-fusion. The member of the self-fusion is not known
 * before the gradings.
 * @param {Range[]} ranges
 * @returns {Range}
 */
function largest(ranges) {
  const of = (/** @type {keyof Range} */ bound) => {
    const values = ranges.map((range) => range[bound]);
    return values.includes(null) ? null : Math.max(0, .../** @type {number[]} */ (values));
  };
  return { low: of("low"), expected: of("expected"), high: of("high") };
}

/**
 * Returns the unfinished runs and the number of unfinished gradings of each task.
 * @param {Task[]} tasks
 * @param {Settings} settings
 * @param {Store} store
 */
function leftOf(tasks, settings, store) {
  const all = tasks.map((task) => ({ task, state: store.stateOf(task) }));
  const pairs = firstPairs(settings.members.length);
  const first = all.map(({ task, state }) => ({
    fusion: state.fusion?.snapshot.status !== "completed",
    // If neither arm of a pair has an answer, the pair is not graded.
    pairs: pairs.filter(
      (arms) =>
        !compare(task, state, settings, arms) && arms.some((arm) => textOf(state, arm) !== null),
    ).length,
  }));
  const isChosen = first.every(({ fusion, pairs }) => !fusion && pairs === 0);
  return all.map(({ task, state }, index) => {
    const { fusion = true, pairs = 0 } = first[index] ?? {};
    const chosen = isChosen ? bestOnOthers(task, all, settings) : undefined;
    const self = settings.hasSelf && (isChosen ? chosen !== undefined : tasks.length > 1);
    const last = self ? selfLeft(task, state, settings, chosen) : { run: false, gradings: 0 };
    return { task, fusion, self: last.run, gradings: 2 * pairs + last.gradings };
  });
}

/**
 * Returns whether a task's self-fusion must still run, and the number of its unfinished gradings.
 * @param {Task} task
 * @param {import("./store.js").TaskState} state
 * @param {Settings} settings
 * @param {number | undefined} chosen the member, if it is chosen already
 */
function selfLeft(task, state, settings, chosen) {
  if (chosen === undefined) return { run: true, gradings: 2 };
  const isAnswered = typeof textOf(state, member(chosen)) === "string";
  const isDone = state.selves[String(chosen)]?.snapshot.status === "completed";
  const isGraded = compare(task, state, settings, ["fusion", selfOf(chosen)]) !== undefined;
  return { run: isAnswered && !isDone, gradings: isAnswered && !isGraded ? 2 : 0 };
}

/**
 * Returns the costs of a task so far. The cost of an interrupted run or grading is unknown. In its
 * place, the list has the expected cost.
 * @param {Task} task
 * @param {Store} store
 * @param {Plan["sizeOf"]} sizeOf
 */
function spentOn(task, store, sizeOf) {
  const { fusion, selves, grades, interrupted, unknown_cost } = store.stateOf(task);
  const runs = [...(fusion ? [fusion] : []), ...Object.values(selves)];
  return [
    ...runs.flatMap(({ snapshot, shared }) => snapshot.activity.slice(shared)),
    ...Object.values(grades),
  ]
    .map(({ cost }) => cost)
    .concat(unknown_cost, ...interrupted.map((name) => sizeOf(task, name).expected));
}

/**
 * Returns the names of those models in `models` that belong to the model family of the grader.
 * @param {any[]} models names or specifications
 * @param {Settings} settings
 */
export async function familyOfGrader(models, { grader, options }) {
  /** @type {any[]} */
  const kin = [];
  // Check eight models at a time, because a panel has at most eight members.
  for (let from = 0; from < models.length; from += 8) {
    const part = models.slice(from, from + 8);
    const { kinship } = await estimate(
      {
        prompt: "-",
        analysis_models: part,
        analyst: grader.model,
        writer: grader.model,
        tools: [],
      },
      options,
    );
    kin.push(...kinship.analyst.map((index) => part[index]));
  }
  return [...new Set(kin.map(modelOf))];
}
