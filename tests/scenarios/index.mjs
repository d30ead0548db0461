// The scenarios by chapter. A scenario is { name, run(t), not? }. `not` maps a runtime in which it
// cannot run to the reason.

import analyst from "./analyst.mjs";
import budget from "./budget.mjs";
import callbacks from "./callbacks.mjs";
import cancelling from "./cancelling.mjs";
import concurrency from "./concurrency.mjs";
import consumption from "./consumption.mjs";
import control from "./control.mjs";
import cost from "./cost.mjs";
import crossing from "./crossing.mjs";
import faults from "./faults.mjs";
import fetches from "./fetches.mjs";
import hosted from "./hosted.mjs";
import input from "./input.mjs";
import limits from "./limits.mjs";
import main from "./main.mjs";
import mixedDialects from "./mixed-dialects.mjs";
import panel from "./panel.mjs";
import promptInjection from "./prompt-injection.mjs";
import providers from "./providers.mjs";
import refusals from "./refusals.mjs";
import remote from "./remote.mjs";
import request from "./request.mjs";
import resume from "./resume.mjs";
import retries from "./retries.mjs";
import secrets from "./secrets.mjs";
import snapshot from "./snapshot.mjs";
import streamEncoding from "./stream-encoding.mjs";
import testing from "./testing.mjs";
import tools from "./tools.mjs";
import writer from "./writer.mjs";
import writerOptions from "./writer-options.mjs";

const chapters = {
  main,
  request,
  panel,
  analyst,
  "prompt-injection": promptInjection,
  writer,
  cost,
  budget,
  consumption,
  remote,
  cancelling,
  control,
  snapshot,
  crossing,
  resume,
  secrets,
  retries,
  limits,
  "stream-encoding": streamEncoding,
  faults,
  fetches,
  input,
  concurrency,
  "mixed-dialects": mixedDialects,
  providers,
  hosted,
  callbacks,
  "writer-options": writerOptions,
  refusals,
  testing,
  tools,
};

export const scenarios = Object.entries(chapters).flatMap(([chapter, list]) =>
  list.map((scenario, i) => ({
    ...scenario,
    name: `${chapter}: ${scenario.name}`,
    id: `${chapter}-${i}`,
  })),
);
