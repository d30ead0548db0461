// What the sample panel says, as a `fetch` that says it.
import { scriptedFetch } from "llm-fuse/testing";
import any from "./questions/any.js";
import fasting from "./questions/fasting.js";
import heatPump from "./questions/heat-pump.js";
import primaryKey from "./questions/primary-key.js";

const recordings = { "heat-pump": heatPump, "primary-key": primaryKey, fasting };

/** @param name of an example; any other gets a reply that says what it is */
export const recorded = (name) => scriptedFetch(scripts(recordings[name] ?? any));

function scripts({ replies, analysis, answer }) {
  return {
    ...Object.fromEntries(Object.entries(replies).map(([name, reply]) => [`sample/${name}`, scriptOf(reply, 26)])),
    "sample/analyst": { analysis: withModelNames(analysis), start_ms: 950, delay_ms: pace(9) },
    "sample/writer": scriptOf(answer, 20),
  };
}

/** At the pace of a person watching. */
function scriptOf({ reasoning, tools = [], text, sources, fails }, wordMs) {
  if (fails) return { ...fails, start_ms: 1600 };
  return { reasoning, tools: tools.map((tool) => ({ ...tool, delay_ms: 1000 })), text, sources, start_ms: 750, delay_ms: pace(wordMs) };
}

const pace = (ms) => [0.4 * ms, 1.6 * ms];

/** The recordings name voices. */
function withModelNames({ consensus, contradictions, partial_coverage, unique_insights, blind_spots }) {
  const model = (name) => `sample/${name}`;
  const each = (byName, entry) => Object.entries(byName).map(([name, value]) => ({ model: model(name), ...entry(value) }));
  const shared = ({ point, quotes }) => ({ point, models: Object.keys(quotes).map(model), quotes: each(quotes, (quote) => ({ quote })) });
  return {
    consensus: consensus.map(shared),
    contradictions: contradictions.map(({ topic, stances }) => ({ topic, stances: each(stances, (stance) => stance) })),
    partial_coverage: partial_coverage.map(shared),
    unique_insights: unique_insights.map(({ panelist, ...insight }) => ({ model: model(panelist), ...insight })),
    blind_spots,
  };
}
