// The sample panel: recordings that answer through `options.fetch`, so that everything after the wire is the real thing.
import { scriptedFetch } from "llm-fuse/testing";
import anyQuestion from "./questions/any.js";
import fasting from "./questions/fasting.js";
import heatPump from "./questions/heat-pump.js";
import primaryKey from "./questions/primary-key.js";

export const examples = [heatPump, primaryKey, fasting];

/** The part of a request and of its options that makes a run use the recordings. */
export function samplePanel(question) {
  const piece = examples.find((example) => same(example.question, question)) ?? anyQuestion;
  return {
    request: { analysis_models: ["sample/curious", "sample/careful", "sample/contrarian"], analyst: "sample/analyst", writer: "sample/writer" },
    // The name can never resolve: if a call should ever miss the recordings, it reaches nobody.
    options: { baseURL: "https://sample.invalid/v1", fetch: scriptedFetch(scripts(piece)) },
  };
}

function scripts({ voices, analysis, answer }) {
  return {
    ...Object.fromEntries(Object.entries(voices).map(([voice, said]) => [`sample/${voice}`, spoken(said, 26)])),
    "sample/analyst": { analysis: inModels(analysis), start_ms: 950, delay_ms: pace(9) },
    "sample/writer": spoken(answer, 20),
  };
}

/** At the pace of a person watching. */
function spoken({ thinking, tools = [], text, sources, fails }, wordMs) {
  if (fails) return { ...fails, start_ms: 1600 };
  return { reasoning: thinking, tools: tools.map((tool) => ({ ...tool, delay_ms: 1000 })), text, sources, start_ms: 750, delay_ms: pace(wordMs) };
}

const pace = (ms) => [0.4 * ms, 1.6 * ms];

/** The recordings name voices. */
function inModels({ consensus, contradictions, partial_coverage, unique_insights, blind_spots }) {
  const model = (voice) => `sample/${voice}`;
  const each = (byVoice, entry) => Object.entries(byVoice).map(([voice, said]) => ({ model: model(voice), ...entry(said) }));
  const shared = ({ point, quotes }) => ({ point, models: Object.keys(quotes).map(model), quotes: each(quotes, (quote) => ({ quote })) });
  return {
    consensus: consensus.map(shared),
    contradictions: contradictions.map(({ topic, stances }) => ({ topic, stances: each(stances, (said) => said) })),
    partial_coverage: partial_coverage.map(shared),
    unique_insights: unique_insights.map(({ voice, ...said }) => ({ model: model(voice), ...said })),
    blind_spots,
  };
}

const same = (a, b) => a.trim().toLowerCase() === b.trim().toLowerCase();
