// The usual request and the usual scripts; a scenario names only what it changes.

import { analysis, says } from "../provider/scripts.mjs";

export const PANEL = ["panel/alpha-7b", "panel/beta-70b"];
export const ANALYST = "desk/analyst";
export const WRITER = "desk/writer";
export const [ALPHA, BETA] = PANEL;

export const question = (more) => ({
  prompt: "Is the sky blue?",
  analysis_models: PANEL,
  analyst: ANALYST,
  writer: WRITER,
  seed: 7,
  max_retries: 0,
  ...more,
});

export const defaultScripts = (more) => ({
  [ALPHA]: says("Alpha finds common ground in blue."),
  [BETA]: says("Beta finds common ground in azure."),
  [ANALYST]: analysis(["A", "B"]),
  [WRITER]: says("Yes, it is blue."),
  ...more,
});

export const to = (calls, model) => calls.filter((call) => call.model === model);

/** A limit (ms) for a seat that stalls, which those that don't stall keep on a busy machine, too. */
export const SOON = 2000;

/** Every call still waits for its model. */
export const stalled = { [ALPHA]: says("Alpha stalls here.", { stall: { after: 2 } }), [BETA]: says("Beta never starts.", { stall: "headers" }) };
