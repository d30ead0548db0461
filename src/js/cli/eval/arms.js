// The arms of an evaluation. An arm is a way to answer a task: with each member of the panel alone,
// with the fusion, or with a self-fusion. The fusion is the whole panel with its analyst and
// writer. The panel of a self-fusion is one member, asked several times.
//
// Reads the answers of the arms and the outcomes of their comparisons from the state of a task.

import { combine } from "./grading.js";
import { hashOf } from "./tasks.js";

/**
 * @typedef {import("./tasks.js").Task} Task
 * @typedef {import("./store.js").TaskState} TaskState
 * @typedef {import("./settings.js").Settings} Settings
 */

/** @typedef {`member:${number}` | `self:${number}` | "fusion"} Arm */

/**
 * @typedef {object} Compared the comparison of two arms on one task
 * @property {import("./grading.js").Outcome} outcome of the first arm
 * @property {"graded" | "same_text" | "no_answer"} by
 * @property {boolean} isFlipped
 * @property {boolean} isUnreadable
 */

/** @param {number} index @returns {Arm} */
export const member = (index) => `member:${index}`;
/** @param {number} index @returns {Arm} */
export const selfOf = (index) => `self:${index}`;

/**
 * Returns the pairs of arms that are graded first: the fusion with each member, and each member
 * with each other member. From their outcomes, the member for the self-fusion is chosen.
 * @param {number} size
 * @returns {[Arm, Arm][]}
 */
export function firstPairs(size) {
  const indexes = [...Array(size).keys()];
  return [
    ...indexes.map((index) => /** @type {[Arm, Arm]} */ (["fusion", member(index)])),
    ...memberPairs(size),
  ];
}

/**
 * @param {number} size
 * @returns {[Arm, Arm][]}
 */
function memberPairs(size) {
  const indexes = [...Array(size).keys()];
  return indexes.flatMap((first) =>
    indexes
      .filter((second) => second > first)
      .map((second) => /** @type {[Arm, Arm]} */ ([member(first), member(second)])),
  );
}

/**
 * Returns the text of an arm's answer. If the arm has not run yet, returns undefined. If the arm
 * has no answer, returns null.
 * @param {TaskState} state
 * @param {Arm} arm
 * @returns {string | null | undefined}
 */
export function textOf(state, arm) {
  const [kind, index] = arm.split(":");
  const kept = kind === "self" ? state.selves[String(index)] : state.fusion;
  if (!kept) return undefined;
  const isEnded = kept.error !== undefined || kept.snapshot.status === "completed";
  if (kind !== "member") return isEnded ? kept.snapshot.answer?.content || null : undefined;
  const { responses } = kept.snapshot;
  const response = responses.find((/** @type {any} */ found) => found.index === Number(index));
  return response?.content ?? (isEnded ? null : undefined);
}

/**
 * Returns the name under which a grading is stored. The name contains a hash of the grader, the
 * reference and the rubric. If one of these changes, the same texts are graded again.
 * @param {Task} task
 * @param {Settings["grader"]} grader
 * @param {Arm} first the arm that is shown first
 * @param {Arm} second
 */
export const gradeName = ({ reference, rubric }, grader, first, second) =>
  `grade|${hashOf([grader, reference ?? null, rubric ?? null])}|${first}|${second}`;

/**
 * Returns whether a grader must compare two texts.
 * @param {string | null | undefined} a
 * @param {string | null | undefined} b
 */
export const needsGrading = (a, b) =>
  typeof a === "string" && typeof b === "string" && a.trim() !== b.trim();

/**
 * Returns the comparison of two arms. Returns undefined if the comparison is not complete, or if
 * both arms have no answer. An arm without an answer loses.
 * @param {Task} task
 * @param {TaskState} state
 * @param {Settings} settings
 * @param {[Arm, Arm]} arms
 * @returns {Compared | undefined}
 */
export function compare(task, state, { grader }, [a, b]) {
  const texts = [textOf(state, a), textOf(state, b)];
  if (texts.includes(undefined) || texts.every((text) => text === null)) return undefined;
  const plain = { isFlipped: false, isUnreadable: false };
  if (texts[0] === null) return { outcome: "loss", by: "no_answer", ...plain };
  if (texts[1] === null) return { outcome: "win", by: "no_answer", ...plain };
  if (!needsGrading(texts[0], texts[1])) return { outcome: "tie", by: "same_text", ...plain };
  const forward = state.grades[gradeName(task, grader, a, b)];
  const backward = state.grades[gradeName(task, grader, b, a)];
  if (!forward || !backward) return undefined;
  return { ...combine(forward.verdict, backward.verdict), by: "graded" };
}

/**
 * Returns the member that did best on the other tasks, so that the choice does not depend on the
 * task itself. A win over another member counts 1, and a tie counts 0.5. If several members are
 * equally good, returns the first of them in the panel. Returns undefined if no other task is
 * compared.
 * @param {Task} task
 * @param {{ task: Task, state: TaskState }[]} all
 * @param {Settings} settings
 */
export function bestOnOthers(task, all, settings) {
  const size = settings.members.length;
  const others = all.filter((entry) => entry.task.key !== task.key);
  const scores = Array(size).fill(0);
  let compared = 0;
  for (const entry of others)
    for (const arms of memberPairs(size)) {
      const found = compare(entry.task, entry.state, settings, arms);
      if (!found) continue;
      compared += 1;
      const points = { win: 1, tie: 0.5, loss: 0 }[found.outcome];
      scores[indexOf(arms[0])] += points;
      scores[indexOf(arms[1])] += 1 - points;
    }
  if (size === 1) return others.length > 0 ? 0 : undefined;
  return compared > 0 ? scores.indexOf(Math.max(...scores)) : undefined;
}

/** @param {Arm} arm */
const indexOf = (arm) => Number(arm.split(":")[1]);
