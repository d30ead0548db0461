// The usual scripts for a handler's calls: sources, reasoning, costs and one panelist that fails.

import { analysis, cites, failures, says, uses } from "../provider/scripts.mjs";
import { ALPHA, ANALYST, BETA, WRITER } from "../scenarios/fixtures.mjs";

export const SOURCE = "https://a.example/rayleigh";
export const ANSWER = `Yes, it is blue: ${SOURCE}.`;
export const GAMMA = "panel/gamma-1t";

export const richScripts = (more) => ({
  [ALPHA]: says("Alpha finds all common ground in blue.", {
    reasoning: "Rayleigh comes to mind.",
    reasoning_details: [
      uses("openrouter:web_search", { query: "why is the sky blue" }, { status: "ok" }),
    ],
    annotations: [cites(SOURCE, "Rayleigh")],
    usage: { prompt_tokens: 11, completion_tokens: 7, reasoning_tokens: 3, cost: "0.0001" },
  }),
  [BETA]: says("Beta finds all common ground in azure.", {
    usage: { prompt_tokens: 11, completion_tokens: 5, cost: "0.0002" },
  }),
  [GAMMA]: failures[429],
  [ANALYST]: analysis(["A", "B"], {
    usage: { prompt_tokens: 90, completion_tokens: 60, cost: "0.002" },
  }),
  [WRITER]: says(ANSWER, {
    reasoning: "Writing.",
    served: "desk/writer-0801",
    usage: { prompt_tokens: 120, completion_tokens: 9, reasoning_tokens: 2, cost: "0.003" },
  }),
  ...more,
});

/** The defaults of a handler whose third panelist fails. */
export const threePanelists = {
  analysis_models: [ALPHA, BETA, GAMMA],
  analyst: ANALYST,
  writer: WRITER,
  seed: 7,
  max_retries: 0,
};

/** Totals of all calls. Refused calls have no tokens. */
export const TOKENS = { prompt: 232, completion: 81, reasoning: 5, cost: 0.0053 };
