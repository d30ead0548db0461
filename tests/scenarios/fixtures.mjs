// The usual request and the usual scripts. A scenario passes only its changes.

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
  [ALPHA]: says("Alpha finds all common ground in blue."),
  [BETA]: says("Beta finds all common ground in azure."),
  [ANALYST]: analysis(["A", "B"]),
  [WRITER]: says("Yes, it is blue."),
  ...more,
});

export const callsTo = (calls, model) => calls.filter((call) => call.model === model);

/**
 * A timeout in milliseconds for a role that stalls. The other roles finish earlier, even on a busy
 * machine.
 */
export const SOON = 2000;

/** Scripts in which every panelist stalls. */
export const stalled = {
  [ALPHA]: says("Alpha stalls here.", { stall: { after: 2 } }),
  [BETA]: says("Beta never starts.", { stall: "headers" }),
};
