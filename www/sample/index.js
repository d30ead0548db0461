// The sample panel: recordings that answer through `options.fetch`, so that everything after the wire is the real thing.
import anyQuestion from "./questions/any.js";
import fasting from "./questions/fasting.js";
import heatPump from "./questions/heat-pump.js";
import primaryKey from "./questions/primary-key.js";
import { analystText } from "./analyst.js";
import { refuse, replay, script } from "./wire.js";

export const examples = [heatPump, primaryKey, fasting];

/** The part of a request and of its options that makes a run use the recordings. */
export function samplePanel(question) {
  const piece = examples.find((example) => same(example.question, question)) ?? anyQuestion;
  return {
    request: { analysis_models: ["sample/curious", "sample/careful", "sample/contrarian"], analyst: "sample/analyst", writer: "sample/writer" },
    // The name can never resolve: if a call should ever miss the recordings, it reaches nobody.
    options: { baseURL: "https://sample.invalid/v1", fetch: recordings(piece) },
  };
}

function recordings(piece) {
  return async (_url, { body, signal }) => {
    signal?.throwIfAborted();
    const { model, messages } = JSON.parse(body);
    const role = model.replace("sample/", "");
    if (role === "analyst") {
      const text = analystText(piece.analysis, piece.voices, messages);
      return replay(script(model, { text }, { wordMs: 9, startMs: 700 }), signal);
    }
    if (role === "writer") return replay(script(model, piece.answer, { wordMs: 20 }), signal);
    const voice = piece.voices[role];
    if (voice.fails) return refuse(voice.fails, 1600, signal);
    return replay(script(model, voice), signal);
  };
}

const same = (a, b) => a.trim().toLowerCase() === b.trim().toLowerCase();
