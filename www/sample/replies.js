// Streams the replies of the sample panel as a `fetch`.
import { scriptedFetch } from "llm-fuse/testing";
import fasting from "./questions/fasting.js";
import heatPump from "./questions/heat-pump.js";
import primaryKey from "./questions/primary-key.js";

const questions = { "heat-pump": heatPump, "primary-key": primaryKey, fasting };

/** Delays between two words in milliseconds. */
const PANELIST_WORD_MS = 26;
const ANALYST_WORD_MS = 9;
const WRITER_WORD_MS = 20;

/**
 * @param name the name of an example. Without a name, each call fails: earlier versions of this
 * page stored sample turns of other questions, and such a turn can be run again.
 */
export const sampleFetch = (name) => (name ? scriptedFetch(scriptsOf(questions[name])) : refuse);

const refuse = () =>
  Response.json(
    { error: { message: "The sample has no replies to this question." } },
    { status: 404 },
  );

function scriptsOf({ replies, analysis, answer }) {
  const panel = Object.entries(replies).map(([name, reply]) => [
    modelOf(name),
    scriptOf(reply, PANELIST_WORD_MS),
  ]);
  return {
    ...Object.fromEntries(panel),
    "sample/analyst": {
      analysis: withModelNames(analysis),
      start_ms: 950,
      delay_ms: around(ANALYST_WORD_MS),
    },
    "sample/writer": scriptOf(answer, WRITER_WORD_MS),
  };
}

function scriptOf({ reasoning, tools = [], text, sources, fails }, wordMs) {
  if (fails) return { ...fails, start_ms: 1600 };
  return {
    reasoning,
    tools: tools.map((tool) => ({ ...tool, delay_ms: 1000 })),
    text,
    sources,
    start_ms: 750,
    delay_ms: around(wordMs),
  };
}

/** Returns a range of delays, because models do not stream evenly. */
const around = (ms) => [0.4 * ms, 1.6 * ms];

const modelOf = (name) => `sample/${name}`;

/** Replaces the names of panelists in an analysis with names of models. */
function withModelNames(analysis) {
  const { consensus, contradictions, partial_coverage, unique_insights, blind_spots } = analysis;
  const listOf = (byName, entryOf) =>
    Object.entries(byName).map(([name, value]) => ({ model: modelOf(name), ...entryOf(value) }));
  const shared = ({ point, quotes }) => ({
    point,
    models: Object.keys(quotes).map(modelOf),
    quotes: listOf(quotes, (quote) => ({ quote })),
  });
  return {
    consensus: consensus.map(shared),
    contradictions: contradictions.map(({ topic, stances }) => ({
      topic,
      stances: listOf(stances, (stance) => stance),
    })),
    partial_coverage: partial_coverage.map(shared),
    unique_insights: unique_insights.map(({ panelist, ...insight }) => ({
      model: modelOf(panelist),
      ...insight,
    })),
    blind_spots,
  };
}
