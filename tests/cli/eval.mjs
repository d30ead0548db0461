// Tests `llm-fuse eval` on tasks with known winners: the report is exactly right, also after stops.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { equal, includes, lacks, ok } from "../scenarios/assert.mjs";
import { countsOf, prepareEval, reportIn, startEvalProvider } from "./eval-provider.mjs";
import { ALPHA, answers, BETA, COSTS } from "./eval-tasks.mjs";
import { runCommand, startCommand } from "./run-command.mjs";

/** Returns a report without the times, which differ between runs. */
function withoutTimes({ created_at, arms, node, ...report }) {
  ok(created_at && node);
  return { ...report, arms: arms.map(({ latency_ms, ...arm }) => arm) };
}

/** Rounds a float to ten digits, so that rounding errors do not matter. */
const rounded = (value) => Number(value.toPrecision(10));

const rateOf = ({ count, rate, low, high }) => [
  count,
  ...[rate, low, high].map((x) => x.toFixed(4)),
];

/** Checks the whole report of the twelve tasks. */
function checkReport(report) {
  const found = Object.fromEntries(report.comparisons.map((entry) => [entry.name, entry]));
  const outcomes = ({ compared, wins, ties, losses }) => [compared, wins, ties, losses];
  equal(outcomes(found["member:0"]), [12, 7, 2, 3], "alpha");
  equal(outcomes(found["member:1"]), [12, 10, 1, 1], "beta");
  equal(outcomes(found.best_member), [12, 6, 2, 4], "best member");
  equal(outcomes(found.self_fusion), [11, 6, 3, 2], "self-fusion");
  // Alpha and beta win six tasks each. If a task is left out, the member that lost this task has
  // more wins in the other tasks.
  equal(
    report.per_task.map(({ best_on_others }) => best_on_others),
    [...Array(6).fill(BETA), ...Array(6).fill(ALPHA)],
  );
  // Computed by hand with Wilson's formula.
  equal(rateOf(found["member:0"].win), [7, "0.5833", "0.3195", "0.8067"]);
  equal(rateOf(found["member:0"].tie), [2, "0.1667", "0.0470", "0.4480"]);
  equal(rateOf(found["member:0"].loss), [3, "0.2500", "0.0889", "0.5323"]);
  equal(rateOf(found["member:1"].decided), [10, "0.9091", "0.6226", "0.9838"]);
  equal([found["member:0"].shows, found["member:1"].shows], ["nothing", "better"]);
  // Alpha: the fusion wins 7 of 10 decided tasks. Such a share (p = 0.7) needs 47 decided tasks. Of
  // 12 tasks, 10 were decided, so 57 tasks are needed.
  // Beta: p = 10/11 needs 9 decided tasks. Of 12 tasks, 11 were decided, so 10 tasks are needed.
  equal([found["member:0"].tasks_needed, found["member:1"].tasks_needed], [57, 10]);
  const ties = ({ flipped, unreadable, same_text, no_answer }) => [
    ...[flipped, unreadable, same_text, no_answer],
  ];
  equal(ties(found["member:0"]), [1, 0, 0, 0]);
  equal(ties(found["member:1"]), [0, 0, 1, 1]);
  equal(ties(found.self_fusion), [0, 1, 1, 0]);
  checkCosts(report, found);
  equal(
    report.losses.map(({ id, against }) => `${id} ${against}`),
    [
      ...["t07", "t10"].map((id) => `${id} self_fusion`),
      ...["t09", "t10", "t11"].map((id) => `${id} member:0`),
      "t02 member:1",
    ],
  );
  const loss = report.losses.at(-1);
  equal([loss.fusion, loss.other, loss.member], ["fusion on 02", "beta on 02", BETA]);
  equal(loss.rubric, "The first criterion.\nThe second criterion.");
  equal(loss.reasons.length, 2);
  const [analysis] = report.features;
  equal([analysis.on, analysis.acted], [12, 6]);
  equal(analysis.where_acted, { wins: 3, ties: 1, losses: 2 });
  equal(analysis.elsewhere, { wins: 3, ties: 1, losses: 2 });
}

function checkCosts(report, found) {
  const arms = Object.fromEntries(report.arms.map((arm) => [arm.name, arm]));
  const { alpha, beta, analyst, writer, grader } = COSTS;
  equal([rounded(arms["member:0"].cost), arms["member:0"].answered], [12 * alpha, 12]);
  equal([rounded(arms["member:1"].cost), arms["member:1"].answered], [11 * beta, 11]);
  const fusion = 12 * alpha + 11 * beta + 12 * (analyst + writer);
  equal(rounded(arms.fusion.cost), rounded(fusion));
  // There are five self-fusions of beta and six of alpha. In each of them, the model answers twice.
  const selves = 5 * 2 * beta + 6 * 2 * alpha + 11 * (analyst + writer);
  equal([rounded(arms.self_fusion.cost), arms.self_fusion.answered], [rounded(selves), 11]);
  equal(rounded(arms.best_member.cost), rounded(5 * beta + 6 * alpha));
  const { costs } = report;
  equal(rounded(costs.self_fusion), rounded(selves - 5 * beta - 6 * alpha));
  equal(rounded(costs.grading), rounded(86 * grader));
  equal(rounded(costs.total), rounded(fusion + selves - 5 * beta - 6 * alpha + 86 * grader));
  equal(rounded(found["member:0"].cost_per_win), rounded((fusion - 12 * alpha) / 7));
}

/** Runs an evaluation to its end without a stop. */
async function complete(t, name) {
  const provider = await startEvalProvider(answers);
  try {
    const prepared = await prepareEval(t, name, provider);
    const ended = await runCommand(t, prepared.args);
    equal(ended.code, 0, ended.err);
    return {
      ...prepared,
      ...ended,
      answered: provider.answered,
      report: await reportIn(prepared.folder),
    };
  } finally {
    provider.close();
  }
}

/** Starts an evaluation, waits until a call is held, and ends the process with a signal. */
async function stopAt(t, provider, { args, folder }, { holds, signal, answered }) {
  Object.assign(provider, { holds, held: 0 });
  const command = startCommand(t, args);
  await provider.idle(folder, answered);
  const second = await runCommand(t, args);
  equal(second.code, 2, "a second process");
  includes(second.err, "is in use by process");
  command.child.kill(signal);
  const ended = await command.ended;
  provider.holds = () => false;
  return ended;
}

export default [
  {
    name: "eval: stopped three times, it repeats no call, and the report is the same",
    async run(t) {
      const whole = await complete(t, "whole");
      const provider = await startEvalProvider(answers);
      try {
        const prepared = await prepareEval(t, "stopped", provider);
        const { args, folder } = prepared;
        // `answered` is the number of all calls that do not wait for the held one.
        const stop = (signal, held, answered) =>
          stopAt(t, provider, prepared, { signal, answered, holds: ({ name }) => name === held });
        equal((await stop("SIGKILL", "beta/b 05", 45)).signal, "SIGKILL");
        const { code, out, err } = await stop("SIGINT", "judge/grader 06 alpha beta", 113);
        equal([code, out], [130, ""], err);
        includes(err, "The same command goes on, and repeats no finished call.");
        equal((await reportIn(folder)).tasks, 12, "a report of what is finished");
        equal((await stop("SIGKILL", "desk/writer self 08", 146)).signal, "SIGKILL");
        const last = await runCommand(t, args);
        equal(last.code, 0, last.err);
        equal(countsOf(provider.answered), countsOf(whole.answered));
        const report = await reportIn(folder);
        checkReport(report);
        equal(report.costs.interrupted, 3);
        includes(last.out, "3 runs or gradings were open at a stop.");
        report.costs.interrupted = 0;
        equal(withoutTimes(report), withoutTimes(whole.report));
        // A finished evaluation makes no call, and prints its report again.
        const again = await runCommand(
          t,
          args.filter((arg) => arg !== "--yes"),
        );
        equal([again.code, provider.answered.length], [0, whole.answered.length], again.err);
        includes(again.out, "58.3 %");
      } finally {
        provider.close();
      }
    },
  },
  {
    name: "eval: the report on twelve tasks with known winners is exactly right",
    async run(t) {
      const { report, out, err, folder, answered } = await complete(t, "twelve");
      checkReport(report);
      includes(err, "12 tasks, 2 members. Left: 24 runs and at most 96 gradings.");
      equal(out, await readFile(join(folder, "report.md"), "utf8"));
      includes(out, "58.3 % (32.0 % to 80.7 %)");
      includes(out, "Against alpha/a alone: these tasks show nothing.");
      includes(out, "a claim needs about 57 tasks");
      equal(answered.filter(({ model }) => model === "judge/grader").length, 86);
      // The grader sees no name of a model.
      for (const { model, prompt } of answered)
        if (model === "judge/grader") lacks(prompt, "alpha/a");
    },
  },
];
