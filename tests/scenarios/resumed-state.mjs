// The state of a run that was stopped and resumed equals the state of a run that never stopped.

import { initialState, reduce, sourcesOf } from "../../src/js/state/reduce.js";
import { noneOpen } from "../provider/client.mjs";
import { analysis, calls, failures, says } from "../provider/scripts.mjs";
import { equal } from "./assert.mjs";
import { ALPHA, ANALYST, BETA, defaultScripts, question } from "./fixtures.mjs";

const GAMMA = "panel/gamma-1b";
const PAGE = "The sky is blue by day.";
const FOUND = "https://a.example/old";
const MOVED = "https://a.example/new";

const search = says("", { tool_calls: [calls("web_search", { query: "sky" })] });
const open = says("", { tool_calls: [calls("web_fetch", { url: FOUND })] });
const evidence = [{ url: MOVED, quote: PAGE }];
const verdict = says(
  JSON.stringify({
    statements: [
      { statement: 1, verdict: "supported", evidence },
      { statement: 2, verdict: "refuted", evidence },
    ],
  }),
);
const check = { rounds: [search, open, verdict] };
const toolHandlers = {
  web_search: () => ({ content: "One page.", sources: [{ url: FOUND, title: "Sky" }] }),
  web_fetch: () => ({ content: PAGE, sources: [{ url: MOVED, title: "Sky" }] }),
};
const answers = {
  [ALPHA]: { rounds: [search, says("Blue.", { reasoning: "Hm." })] },
  [GAMMA]: says("Teal.", { reasoning: "Well." }),
};
const thinks = (labels) => analysis(labels, { reasoning: "So." });

/** The fields that differ: ids, times, costs, and whether a part was restored. */
const OWN = new Set([
  "run_id",
  "restored",
  "latency_ms",
  "started_ms",
  "usage",
  "activity",
  "tool_counts",
]);
function withoutOwn(state) {
  const copy = JSON.parse(
    JSON.stringify(state, (name, value) => (OWN.has(name) ? undefined : value)),
  );
  // The attempts of a second analysis continue those of the first analysis in the same process.
  if (copy.analysis.round === 2) delete copy.analysis.attempt;
  return copy;
}

/** Reads a run up to an event, or to its end. Returns the state. */
async function read(run, from, isLast = () => false) {
  let state = from;
  try {
    for await (const event of run) {
      state = reduce(state, event);
      if (isLast(event)) break;
    }
  } catch {
    // The state has the error of a failed run.
  }
  return state;
}

/**
 * Runs a request to its end. Then stops such a run at each kind of event, resumes it, and compares
 * both states.
 */
async function compareStates(t, request, scripts) {
  let sent = [];
  // Without the signal, each request of a stopped run gets its response. A browser may send an
  // aborted request late, and this request would then take the response for the resumed run.
  const unstoppable = (url, init) => {
    const response = fetch(url, { ...init, signal: undefined });
    sent.push(response);
    return response;
  };
  const start = (input) => t.start(input, { toolHandlers, fetch: unstoppable });
  const play = async (analysts) => {
    await Promise.allSettled(sent);
    sent = [];
    await t.session.until(noneOpen);
    await t.session.reset();
    await t.session.script(defaultScripts({ ...scripts, [ANALYST]: { sequence: analysts } }));
  };
  const analysts = scripts[ANALYST].sequence;
  await play(analysts);
  const whole = await read(start(request), initialState());
  equal([whole.status, sourcesOf(whole)], ["completed", whole.result.sources]);
  for (const stop of STOPS) {
    await play(analysts);
    const run = start(request);
    const before = await read(run, initialState(), stop);
    if (before.status === "completed") continue;
    const snapshot = JSON.parse(JSON.stringify(run.snapshot()));
    await play(analysts.slice(finishedCalls(before)));
    const after = await read(start({ resume: snapshot }), before);
    const where = `stopped at ${stop.where}`;
    const [actual, expected] = [after, whole].map(withoutOwn);
    for (const name of Object.keys(expected)) {
      equal(actual[name], expected[name], `${where}: ${name}`);
    }
    equal(sourcesOf(after), sourcesOf(whole), where);
    const { web_search, web_fetch } = whole.tool_counts;
    equal(
      after.tool_counts.web_search >= web_search && after.tool_counts.web_fetch >= web_fetch,
      true,
      `${where}: the tools are counted`,
    );
  }
}

/** The number of the analyst's calls that have ended. A resumed run does not repeat these. */
function finishedCalls({ analysis, escalation, checks }) {
  const isSecond = analysis.round === 2;
  const analyses = [analysis, isSecond ? escalation.first_analysis : undefined];
  const parts = [...analyses, ...checks];
  return parts.filter((part) => part?.status === "completed" || part?.status === "failed").length;
}

const stopAt = (type, round) =>
  Object.assign((event) => event.type === type && event.round === round, {
    where: `${type}, round ${round}`,
  });
const STOPS = [
  stopAt("panelist.completed"),
  stopAt("panelist.failed"),
  stopAt("analysis.started"),
  stopAt("analysis.completed"),
  stopAt("panel.escalated"),
  stopAt("analysis.started", 1),
  stopAt("analysis.completed", 1),
  stopAt("analysis.started", 2),
  stopAt("analysis.completed", 2),
  stopAt("verification.tool"),
  stopAt("verification.source"),
  stopAt("verification.completed"),
  stopAt("verification.failed"),
  stopAt("answer.started"),
  stopAt("answer.completed"),
];

const asked = (more) =>
  question({
    analysis_models: [ALPHA, { model: BETA, tools: [] }],
    analyst: { model: ANALYST, verify: "contradictions" },
    max_retries: 0,
    ...more,
  });

const CASES = [
  ["a check that completes", asked(), { [ANALYST]: { sequence: [thinks(["A", "B"]), check] } }],
  [
    "a check that fails",
    asked(),
    { [ANALYST]: { sequence: [thinks(["A", "B"]), says("Both may be right.")] } },
  ],
  [
    "a failed panelist and two rounds",
    asked({
      analysis_models: [ALPHA, { model: BETA, tools: [] }, "panel/none"],
      escalate: { analysis_models: [GAMMA] },
    }),
    {
      "panel/none": failures[402],
      [ANALYST]: { sequence: [thinks(["A", "B"]), thinks(["A", "B", "C"]), check] },
    },
  ],
  [
    "an analysis that fails",
    asked({ analyst: ANALYST }),
    { [ANALYST]: { sequence: [failures[402]] } },
  ],
];

export default CASES.map(([what, request, scripts]) => ({
  name: `a stopped and resumed run has the state of a run that never stopped: ${what}`,
  run: (t) => compareStates(t, request, { ...answers, ...scripts }),
}));
