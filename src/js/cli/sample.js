// The sample of --sample. It runs the whole pipeline with scripted models.

import { scriptedFetch } from "llm-fuse/testing";
import recording from "./sample.json" with { type: "json" };

/** Returns the request and the options of the sample. */
export function sampleRun() {
  const { request, scripts } = recording;
  return {
    request,
    options: { apiKey: "none", fetch: scriptedFetch(/** @type {any} */ (scripts)) },
  };
}
