// Makes the runs of the arms and the gradings of an evaluation. Stores each finished call before
// the next call starts.

import { fuse } from "llm-fuse";
import { oneLine } from "../printable.js";
import { gradeName, member, textOf } from "./arms.js";
import { callsOfMember, knownSum } from "./costs.js";
import { gradingMessages, verdictIn } from "./grading.js";

/**
 * @typedef {import("./arms.js").Arm} Arm
 * @typedef {import("./tasks.js").Task} Task
 * @typedef {import("./store.js").Kept} Kept
 */

/**
 * @typedef {object} Context
 * @property {import("./settings.js").Settings} settings
 * @property {import("./store.js").Store} store
 * @property {import("./plan.js").Plan} plan
 * @property {ReturnType<typeof import("./pool.js").createBudget>} budget
 * @property {(line: string, isFailure?: boolean) => void} progress
 * @property {Stop} stop
 */

/**
 * The signal that ended the evaluation, and the open runs.
 * @typedef {{ signal: string, runs: Set<any> }} Stop
 */

/** Codes of errors that would also occur in all further tasks. */
const FATAL = [
  "authentication",
  "permission",
  "insufficient_credits",
  "rate_limited",
  "network_error",
  "invalid_model",
];

/** Maximum number of characters of a grader's text that the store keeps. */
const MAX_REASON = 4000;

/**
 * Makes the fusion's run of a task, or continues it. The answers of the panelists are also the
 * answers of the arms with a single member.
 * @param {Context} context
 * @param {Task} task
 */
export async function runFusion(context, task) {
  const { settings, store } = context;
  const state = store.stateOf(task);
  await runKept(context, {
    task,
    name: "fusion",
    label: "fusion",
    first: { ...task.question, ...settings.request },
    kept: () => state.fusion,
    keep: (kept) => {
      state.fusion = kept;
    },
    shared: 0,
  });
}

/**
 * Runs the self-fusion of a member. The first panelist of the self-fusion reuses the answer that
 * the member gave as a panelist of the fusion.
 * @param {Context} context
 * @param {Task} task
 * @param {number} index
 */
export async function runSelf(context, task, index) {
  const { settings, store } = context;
  const state = store.stateOf(task);
  const seat = seatOf(state.fusion?.snapshot, index, settings.members[index]);
  const { length } = settings.members;
  await runKept(context, {
    task,
    name: `self:${index}`,
    label: `self-fusion of ${settings.labels[index]}`,
    first: { resume: seat, analysis_models: Array(length).fill(settings.members[index]) },
    kept: () => state.selves[String(index)],
    keep: (kept) => {
      state.selves[String(index)] = kept;
    },
    shared: seat.activity.length,
  });
}

/**
 * Returns a snapshot for the self-fusion of a member. In this snapshot, only the first panelist has
 * answered, with the member's answer in the fusion.
 * @param {any} snapshot of the fusion
 * @param {number} index
 * @param {any} spec
 */
function seatOf(snapshot, index, spec) {
  const { escalate, ...request } = snapshot.request;
  const ofSeat = (/** @type {any[]} */ list) =>
    list.filter((entry) => entry.index === index).map((entry) => ({ ...entry, index: 0 }));
  return {
    version: snapshot.version,
    run_id: snapshot.run_id,
    seed: snapshot.seed,
    status: "running",
    request: { ...request, analysis_models: [spec] },
    responses: ofSeat(snapshot.responses),
    failed_models: [],
    partial: [],
    analysis: null,
    analysis_sources: [],
    answer: null,
    activity: ofSeat(callsOfMember(snapshot.activity, index)),
  };
}

/**
 * @typedef {object} Job
 * @property {Task} task
 * @property {string} name
 * @property {string} label
 * @property {any} first the request that starts the run, if the run has not begun yet
 * @property {() => Kept | undefined} kept
 * @property {(kept: Kept) => void} keep
 * @property {number} shared
 */

/**
 * Runs a job to its end, and stores each of its snapshots. If the run reaches its reserved budget,
 * reserves more budget and continues the run. Fails if no budget is left.
 * @param {Context} context
 * @param {Job} job
 */
async function runKept(context, job) {
  const { store, progress } = context;
  const { task, shared } = job;
  for (;;) {
    const before = job.kept()?.snapshot ?? job.first.resume;
    const request = job.kept() ? { resume: before } : job.first;
    const size = context.plan.sizeOf(task, job.name);
    const keep = (/** @type {any} */ snapshot) => {
      job.keep({ snapshot, shared });
      store.save(task);
    };
    const { error, snapshot } = await runOnce(context, {
      task,
      name: job.name,
      request,
      size,
      paid: knownSum((before?.activity ?? []).map((/** @type {any} */ { cost }) => cost)),
      keep,
    });
    const { code, message } = error ?? {};
    job.keep({ snapshot, shared, ...(error && { error: { code, message } }) });
    store.save(task);
    if (code === "budget_exceeded" && context.budget.isLimited) continue;
    const end = error ? `failed, ${code}` : "done";
    progress(`${oneLine(task.id)}: ${job.label} ${end}`, error !== undefined);
    if (error && isFatal(error)) throw error;
    return;
  }
}

/** @param {any} error */
const isFatal = ({ code, cause_code }) => FATAL.includes(code) || FATAL.includes(cause_code);

/**
 * Runs a request once. If a signal ends the run, the run remains open in the state. The next start
 * of the command then treats the run as interrupted.
 * @param {Context} context
 * @param {{ task: Task, name: string, request: any, paid: number,
 *   size: import("./plan.js").Size, keep?: (snapshot: any) => void }} job
 * @returns {Promise<{ error?: any, result?: any, snapshot: any }>}
 */
async function runOnce(context, { task, name, request, paid, size, keep }) {
  const { settings, store, budget, stop } = context;
  const state = store.stateOf(task);
  const reserved = budget.isLimited ? await budget.reserve(size.expected, size.high) : 0;
  if (stop.signal) throw new Error("stopped");
  state.open.push(name);
  store.save(task);
  const run = fuse(
    { ...request, ...(budget.isLimited && { max_cost: paid + reserved }) },
    {
      ...settings.options,
      onSnapshot: (/** @type {any} */ snapshot) => {
        if (!stop.signal && snapshot.status === "running") keep?.(snapshot);
      },
    },
  );
  stop.runs.add(run);
  /** @type {any} */
  let error;
  const result = await run.result().catch((/** @type {any} */ reason) => {
    error = reason;
    return undefined;
  });
  stop.runs.delete(run);
  if (stop.signal && error) throw error;
  const snapshot = run.snapshot();
  const cost = Math.max(0, costSoFar(snapshot) - paid);
  // If the run reached its budget, the cost of the closed calls is unknown. Therefore the whole
  // reserved budget counts as spent.
  const isCut = error?.code === "budget_exceeded";
  if (isCut) state.unknown_cost += Math.max(0, reserved - cost);
  budget.release(reserved, isCut ? Math.max(cost, reserved) : cost);
  state.open = state.open.filter((other) => other !== name);
  return { error, result, snapshot };
}

/** @param {any} snapshot */
const costSoFar = ({ activity }) => knownSum(activity.map((/** @type {any} */ { cost }) => cost));

/**
 * Asks the grader to compare two arms, whose texts are shown in the given order.
 * @param {Context} context
 * @param {Task} task
 * @param {[Arm, Arm]} arms the first one is shown first
 */
export async function runGrading(context, task, arms) {
  const { settings, store, progress, plan } = context;
  const { grader, labels } = settings;
  const state = store.stateOf(task);
  const name = gradeName(task, grader, ...arms);
  const texts = arms.map((arm) => textOf(state, arm));
  const { error, result, snapshot } = await runOnce(context, {
    task,
    name,
    request: gradingRequest(task, settings, /** @type {[string, string]} */ (texts)),
    paid: 0,
    size: plan.sizeOf(task, name),
  });
  if (result) {
    const { answer, activity, usage } = result;
    state.grades[name] = {
      verdict: verdictIn(answer),
      text: answer.slice(0, MAX_REASON),
      cost: usage.cost,
      latency_ms: knownSum(activity.map((/** @type {any} */ call) => call.latency_ms)),
    };
  } else state.unknown_cost += costSoFar(snapshot);
  store.save(task);
  const words = arms.map((arm) => armLabel(arm, labels)).join(" against ");
  const end = error ? `failed, ${error.code}` : state.grades[name]?.verdict;
  progress(`${oneLine(task.id)}: graded ${words}: ${end}`, error !== undefined);
  if (error && (isFatal(error) || error.code === "budget_exceeded")) throw error;
}

/**
 * Returns the request of one grading call.
 * @param {Task} task
 * @param {import("./settings.js").Settings} settings
 * @param {[string, string]} texts
 */
export const gradingRequest = (task, { grader, request: { timeouts, max_retries } }, texts) => ({
  messages: gradingMessages(task, texts),
  convene: false,
  writer: { ...grader, temperature: 0 },
  ...(timeouts && { timeouts }),
  ...(max_retries !== undefined && { max_retries }),
});

/**
 * Returns the name of an arm for people.
 * @param {Arm} arm
 * @param {string[]} labels
 */
function armLabel(arm, labels) {
  if (arm === "fusion") return "the fusion";
  const index = Number(arm.split(":")[1]);
  return arm === member(index) ? String(labels[index]) : `self-fusion of ${labels[index]}`;
}
