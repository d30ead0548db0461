// Reports on the optional features of the fusion, such as `escalate`. For each enabled feature,
// counts the tasks in which the feature had an effect, and how often the fusion won in these tasks.

import { costOf, knownSum } from "./costs.js";

/**
 * @typedef {import("./build-report.js").Match} Match
 * @typedef {{ wins: number, ties: number, losses: number }} Counts
 */

/**
 * @typedef {object} Feature
 * @property {string} name
 * @property {string} label
 * @property {number} on number of tasks in whose run the feature was enabled
 * @property {number} acted number of tasks in which the feature had an effect
 * @property {string} did a text that describes the effects
 * @property {number | null} cost of the feature's calls. Null if the cost is unknown, or is part of
 *   the cost of the analysis
 * @property {Counts} where_acted outcomes against the best member in the tasks with an effect
 * @property {Counts} elsewhere outcomes in the other tasks with the feature
 */

/**
 * @param {Match[]} matches the fusion against the best member
 * @param {import("./settings.js").Settings} settings
 * @returns {Feature[]}
 */
export function featuresOf(matches, { request, members }) {
  const size = members.length;
  const done = matches.filter(({ entry }) => entry.state.fusion?.snapshot.answer);
  const { analyst, escalate } = request;
  return [
    analysisFeature(done),
    ...(analyst?.passes === 2 ? [secondPass(done)] : []),
    ...(escalate ? [escalation(done, size)] : []),
    ...(analyst?.verify ? [verification(done)] : []),
  ];
}

/** @param {Match} match @returns {any} */
const snapshotOf = ({ entry }) => entry.state.fusion?.snapshot;

/** @param {Match} match @returns {any[]} */
const contradictionsOf = (match) => snapshotOf(match).analysis?.contradictions ?? [];

/** @param {Match[]} matches @returns {Feature} */
function analysisFeature(matches) {
  const failed = matches.filter((match) => !snapshotOf(match).analysis).length;
  const found = sum(matches, (match) => contradictionsOf(match).length);
  return feature(matches, (match) => contradictionsOf(match).length > 0, {
    name: "analysis",
    label: "analysis: found a contradiction",
    did: `${found} contradictions${failed > 0 ? `, failed in ${failed} tasks` : ""}`,
    cost: costOfStage(matches, "analysis"),
  });
}

/** @param {Match[]} matches @returns {Feature} */
function secondPass(matches) {
  const itemsOf = (/** @type {Match} */ match) =>
    /** @type {any[]} */ (Object.values(snapshotOf(match).analysis ?? {}).flat());
  const struckIn = (/** @type {Match} */ match) =>
    itemsOf(match).filter(({ survived }) => survived === false).length;
  const checked = sum(
    matches,
    (match) => itemsOf(match).filter(({ survived }) => survived !== undefined).length,
  );
  return feature(matches, (match) => struckIn(match) > 0, {
    name: "second_pass",
    label: "second pass: did not find an item again",
    did: `${sum(matches, struckIn)} of ${checked} items not found again`,
    cost: null,
  });
}

/**
 * @param {Match[]} matches
 * @param {number} size
 * @returns {Feature}
 */
function escalation(matches, size) {
  const furtherCalls = (/** @type {Match} */ match) =>
    snapshotOf(match).activity.filter(
      (/** @type {any} */ { stage, index, round }) =>
        (stage === "panel" && index >= size) || round === 2,
    );
  const isAsked = (/** @type {Match} */ match) => furtherCalls(match).length > 0;
  const asked = matches.filter(isAsked).length;
  return feature(matches, isAsked, {
    name: "escalate",
    label: "escalate: asked the further panelists",
    did: `asked in ${asked} of ${matches.length} tasks`,
    cost: costOf(matches.flatMap(furtherCalls)),
  });
}

/** @param {Match[]} matches @returns {Feature} */
function verification(matches) {
  const verdicts = (/** @type {Match} */ match) =>
    contradictionsOf(match).flatMap(({ checked }) => checked?.stances ?? []);
  const count = (/** @type {string} */ wanted) =>
    sum(matches, (match) => verdicts(match).filter(({ verdict }) => verdict === wanted).length);
  const isRefuted = (/** @type {Match} */ match) =>
    verdicts(match).some(({ verdict }) => verdict === "refuted");
  return feature(matches, isRefuted, {
    name: "verify",
    label: "verify: refuted a stance",
    did:
      `${count("supported")} stances supported, ${count("refuted")} refuted, ` +
      `${count("unresolved")} unresolved`,
    cost: costOfStage(matches, "verification"),
  });
}

/**
 * @param {Match[]} matches
 * @param {(match: Match) => boolean} hasActed
 * @param {Pick<Feature, "name" | "label" | "did" | "cost">} words
 * @returns {Feature}
 */
function feature(matches, hasActed, { name, label, did, cost }) {
  const acted = matches.filter(hasActed);
  return {
    name,
    label,
    on: matches.length,
    acted: acted.length,
    did,
    cost,
    where_acted: countsOf(acted),
    elsewhere: countsOf(matches.filter((match) => !hasActed(match))),
  };
}

/** @param {Match[]} matches @returns {Counts} */
function countsOf(matches) {
  const count = (/** @type {string} */ outcome) =>
    matches.filter(({ compared }) => compared?.outcome === outcome).length;
  return { wins: count("win"), ties: count("tie"), losses: count("loss") };
}

/**
 * @param {Match[]} matches
 * @param {string} stage
 */
const costOfStage = (matches, stage) =>
  costOf(
    matches.flatMap((match) =>
      snapshotOf(match).activity.filter((/** @type {any} */ call) => call.stage === stage),
    ),
  );

/**
 * @param {Match[]} matches
 * @param {(match: Match) => number} of
 */
const sum = (matches, of) => knownSum(matches.map(of));
