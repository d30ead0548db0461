// Builds the data of the report from the states of the tasks.

import { bestOnOthers, compare, gradeName, member, selfOf, textOf } from "./arms.js";
import { callsOfMember, costDifference, costOf, knownSum, latencyOf, sumOfCosts } from "./costs.js";
import { featuresOf } from "./features.js";
import { conversationOf } from "./grading.js";
import { median, tasksNeeded, wilson } from "./statistics.js";

/**
 * @typedef {import("./arms.js").Arm} Arm
 * @typedef {import("./arms.js").Compared} Compared
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {{ task: import("./tasks.js").Task, state: import("./store.js").TaskState }} Entry
 */

/**
 * The comparison of the fusion with another arm on one task.
 * @typedef {{ entry: Entry, arm: Arm, compared: Compared | undefined }} Match
 */

/**
 * @param {Entry[]} entries
 * @param {Settings} settings
 * @param {string[]} kin models of the grader's family
 */
export function buildReport(entries, settings, kin) {
  const { members, labels, grader, request, hasSelf } = settings;
  const best = entries.map(({ task }) => bestOnOthers(task, entries, settings));
  const against = (/** @type {(index: number) => Arm | undefined} */ armOf) =>
    entries.flatMap((entry, index) => {
      const arm = armOf(index);
      if (!arm) return [];
      const compared = compare(entry.task, entry.state, settings, ["fusion", arm]);
      return [{ entry, arm, compared }];
    });
  const bestArm = (/** @type {(index: number) => Arm} */ name) => (/** @type {number} */ index) =>
    best[index] === undefined ? undefined : name(/** @type {number} */ (best[index]));
  const groups = [
    { name: "best_member", label: "best member, chosen on the other tasks", of: bestArm(member) },
    ...(hasSelf
      ? [{ name: "self_fusion", label: "self-fusion of that member", of: bestArm(selfOf) }]
      : []),
    ...members.map((_, index) => ({
      name: `member:${index}`,
      label: `${labels[index]} alone`,
      of: () => member(index),
    })),
  ].map(({ of, ...group }) => ({ ...group, matches: against(of) }));
  const baseline = groups[0]?.matches ?? [];
  return {
    version: 1,
    tasks: entries.length,
    panel: labels,
    request,
    grader: grader.model,
    warnings: warningsOf(entries, settings, kin),
    comparisons: groups.map((group) => comparisonOf(group)),
    arms: armsOf(entries, settings, groups),
    features: featuresOf(baseline, settings),
    // Leave out the first group, which compares the fusion with the best member. The same losses
    // are in the groups of the single members.
    losses: lossesOf(groups.slice(1), settings),
    costs: costsOf(entries),
    per_task: entries.map(({ task }, index) => ({
      id: task.id,
      line: task.line,
      best_on_others: best[index] === undefined ? null : labels[best[index]],
      outcomes: Object.fromEntries(
        groups.map(({ name, matches }) => [
          name,
          matches.find(({ entry }) => entry.task === task)?.compared?.outcome ?? null,
        ]),
      ),
    })),
  };
}

/**
 * @param {Entry[]} entries
 * @param {Settings} settings
 * @param {string[]} kin
 */
function warningsOf(entries, { hasSelf, members, grader }, kin) {
  const errors = entries.flatMap(({ task, state }) =>
    [state.fusion, ...Object.values(state.selves)].flatMap((kept) =>
      kept?.error ? [`${task.id}: ${kept.error.code}: ${kept.error.message}`] : [],
    ),
  );
  return [
    ...(kin.length > 0
      ? [
          `The grader ${grader.model} is of the family of ${kin.join(", ")}. ` +
            "Models tend to prefer their own texts.",
        ]
      : []),
    ...(hasSelf
      ? []
      : ["All members are the same model, so there is no self-fusion to compare with."]),
    ...(members.length > 1 && entries.length < 2
      ? ["With one task, no member can be chosen on the other tasks."]
      : []),
    ...errors,
  ];
}

/**
 * Returns the outcomes of the fusion against an arm. A tie is neither a win nor a loss. The rates
 * of wins, ties and losses are shares of the compared tasks. The rate `decided` is the share of
 * wins among the tasks without a tie.
 * @param {{ name: string, label: string, matches: Match[] }} group
 */
function comparisonOf({ name, label, matches }) {
  const found = matches.filter(({ compared }) => compared !== undefined);
  const count = (/** @type {(compared: Compared) => boolean} */ test) =>
    found.filter(({ compared }) => compared && test(compared)).length;
  const wins = count(({ outcome }) => outcome === "win");
  const ties = count(({ outcome }) => outcome === "tie");
  const losses = count(({ outcome }) => outcome === "loss");
  const extra = costDifference(
    sumOfCosts(found.map(({ entry }) => costOfArm(entry.state, "fusion"))),
    sumOfCosts(found.map(({ entry, arm }) => costOfArm(entry.state, arm))),
  );
  const decided = wilson(wins, wins + losses);
  return {
    name,
    label,
    compared: found.length,
    not_compared: matches.length - found.length,
    ...{ wins, ties, losses },
    win: wilson(wins, found.length),
    tie: wilson(ties, found.length),
    loss: wilson(losses, found.length),
    decided,
    shows: showsOf(decided),
    tasks_needed: tasksNeeded({ wins, ties, losses }),
    extra_cost: extra,
    cost_per_win: extra === null || wins === 0 ? null : extra / wins,
    flipped: count(({ isFlipped }) => isFlipped),
    unreadable: count(({ isUnreadable }) => isUnreadable),
    same_text: count(({ by }) => by === "same_text"),
    no_answer: count(({ by }) => by === "no_answer"),
  };
}

/**
 * Returns whether the fusion is better or worse than the arm, or whether the tasks show nothing.
 * `decided` is the fusion's share of wins without ties, with its confidence interval.
 * @param {import("./statistics.js").Rate | null} decided
 */
function showsOf(decided) {
  if (decided && decided.low > 0.5) return "better";
  if (decided && decided.high < 0.5) return "worse";
  return "nothing";
}

/**
 * Returns the cost of an arm on a task. If several arms use the same call, each of these arms
 * includes the cost of the call.
 * @param {import("./store.js").TaskState} state
 * @param {Arm} arm
 */
const costOfArm = (state, arm) => costOf(callsOf(state, arm));

/**
 * @param {import("./store.js").TaskState} state
 * @param {Arm} arm
 * @returns {any[]}
 */
function callsOf({ fusion, selves }, arm) {
  const [kind, index] = arm.split(":");
  if (kind === "self") return selves[String(index)]?.snapshot.activity ?? [];
  const activity = fusion?.snapshot.activity ?? [];
  return kind === "fusion" ? activity : callsOfMember(activity, Number(index));
}

/**
 * Returns the cost and the time of each arm, over the tasks that it answered.
 * @param {Entry[]} entries
 * @param {Settings} settings
 * @param {{ name: string, label: string, matches: { entry: Entry, arm: Arm }[] }[]} groups
 */
function armsOf(entries, { members }, groups) {
  const fusion = {
    name: "fusion",
    label: "the fusion",
    matches: entries.map((entry) => ({ entry, arm: /** @type {Arm} */ ("fusion") })),
  };
  return [fusion, ...groups].map(({ name, label, matches }) => {
    const answered = matches.filter(
      ({ entry, arm }) => typeof textOf(entry.state, arm) === "string",
    );
    const calls = answered.map(({ entry, arm }) => callsOf(entry.state, arm));
    const cost = sumOfCosts(calls.map(costOf));
    const times = calls.map((activity) => latencyOf(activity, members.length));
    return {
      name,
      label,
      answered: answered.length,
      of: matches.length,
      cost,
      cost_per_task: cost === null || answered.length === 0 ? null : cost / answered.length,
      latency_ms: { median: median(times), max: times.length > 0 ? Math.max(...times) : null },
    };
  });
}

/**
 * Returns the tasks that the fusion lost, with both answers and the grader's explanations.
 * @param {{ name: string, label: string, matches: Match[] }[]} groups
 * @param {Settings} settings
 */
function lossesOf(groups, { grader, labels }) {
  return groups.flatMap(({ name, label, matches }) =>
    matches
      .filter(({ compared }) => compared?.outcome === "loss")
      .map(({ entry: { task, state }, arm, compared }) => ({
        id: task.id,
        line: task.line,
        against: name,
        label,
        member: labels[Number(arm.split(":")[1])],
        by: compared?.by,
        question: conversationOf(task.question).text,
        reference: task.reference ?? null,
        rubric: task.rubric ?? null,
        fusion: textOf(state, "fusion") ?? null,
        other: textOf(state, arm) ?? null,
        reasons: [
          state.grades[gradeName(task, grader, "fusion", arm)],
          state.grades[gradeName(task, grader, arm, "fusion")],
        ].flatMap((grade) => (grade ? [grade.text] : [])),
      })),
  );
}

/**
 * Returns the cost of the whole evaluation. If several arms use the same call, its cost is counted
 * once.
 * @param {Entry[]} entries
 */
function costsOf(entries) {
  const states = entries.map(({ state }) => state);
  const fusion = states.flatMap((state) => state.fusion?.snapshot.activity ?? []);
  const selves = states.flatMap((state) =>
    Object.values(state.selves).map(({ snapshot, shared }) => ({
      paid: snapshot.activity.slice(shared),
      shared: snapshot.activity.slice(0, shared),
    })),
  );
  const grades = states.flatMap((state) => Object.values(state.grades));
  const parts = {
    panel: costOf(fusion.filter(({ stage }) => stage === "panel")),
    analysis: costOf(fusion.filter(({ stage }) => stage === "analysis")),
    verification: costOf(fusion.filter(({ stage }) => stage === "verification")),
    answer: costOf(fusion.filter(({ stage }) => stage === "answer")),
    self_fusion: costOf(selves.flatMap(({ paid }) => paid)),
    grading: costOf(grades),
  };
  return {
    ...parts,
    total: sumOfCosts(Object.values(parts)),
    shared: costOf(selves.flatMap(({ shared }) => shared)),
    interrupted: states.reduce((sum, { interrupted }) => sum + interrupted.length, 0),
    counted_for_unknown: knownSum(states.map(({ unknown_cost }) => unknown_cost)),
  };
}
