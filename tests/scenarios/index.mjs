// The scenarios by topic. A scenario is { name, run(t), not? }. `not` maps a runtime in which the
// scenario cannot run to the reason.

import analyst from "./analyst.mjs";
import budget from "./budget.mjs";
import cancelling from "./cancelling.mjs";
import concurrency from "./concurrency.mjs";
import control from "./control.mjs";
import cost from "./cost.mjs";
import criteria from "./criteria.mjs";
import customFetch from "./custom-fetch.mjs";
import defaultModels from "./default-models.mjs";
import degradation from "./degradation.mjs";
import droppedParameters from "./dropped-parameters.mjs";
import escalate from "./escalate.mjs";
import floods from "./floods.mjs";
import hostedTools from "./hosted-tools.mjs";
import input from "./input.mjs";
import keys from "./keys.mjs";
import limits from "./limits.mjs";
import main from "./main.mjs";
import messages from "./messages.mjs";
import mixedDialects from "./mixed-dialects.mjs";
import panel from "./panel.mjs";
import promptInjection from "./prompt-injection.mjs";
import providerFaults from "./provider-faults.mjs";
import providers from "./providers.mjs";
import reading from "./reading.mjs";
import remote from "./remote.mjs";
import request from "./request.mjs";
import resume from "./resume.mjs";
import resumedState from "./resumed-state.mjs";
import retries from "./retries.mjs";
import runObject from "./run-object.mjs";
import runResponse from "./run-response.mjs";
import secrets from "./secrets.mjs";
import snapshot from "./snapshot.mjs";
import streamEncoding from "./stream-encoding.mjs";
import substitutes from "./substitutes.mjs";
import testing from "./testing.mjs";
import toolBoilerplate from "./tool-boilerplate.mjs";
import toolDocuments from "./tool-documents.mjs";
import toolHandlers from "./tool-handlers.mjs";
import toolReading from "./tool-reading.mjs";
import tools from "./tools.mjs";
import verification from "./verification.mjs";
import wasmBoundary from "./wasm-boundary.mjs";
import writer from "./writer.mjs";
import writerOptions from "./writer-options.mjs";

const chapters = {
  main,
  request,
  panel,
  analyst,
  verification,
  criteria,
  degradation,
  "prompt-injection": promptInjection,
  writer,
  "default-models": defaultModels,
  substitutes,
  cost,
  budget,
  reading,
  "run-object": runObject,
  "run-response": runResponse,
  remote,
  cancelling,
  control,
  snapshot,
  "wasm-boundary": wasmBoundary,
  resume,
  "resumed-state": resumedState,
  escalate,
  secrets,
  keys,
  retries,
  limits,
  "stream-encoding": streamEncoding,
  "provider-faults": providerFaults,
  "custom-fetch": customFetch,
  messages,
  floods,
  input,
  concurrency,
  "mixed-dialects": mixedDialects,
  providers,
  "hosted-tools": hostedTools,
  "tool-handlers": toolHandlers,
  "writer-options": writerOptions,
  "dropped-parameters": droppedParameters,
  testing,
  "tool-boilerplate": toolBoilerplate,
  "tool-documents": toolDocuments,
  "tool-reading": toolReading,
  tools,
};

export const scenarios = Object.entries(chapters).flatMap(([chapter, list]) =>
  list.map((scenario, i) => ({
    ...scenario,
    name: `${chapter}: ${scenario.name}`,
    id: `${chapter}-${i}`,
  })),
);
