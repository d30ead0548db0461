// Makes a language model of the usual test panel, with scripted providers.

import * as ai from "ai";

export { read, user } from "./prompt.mjs";

export const { generateText, streamText, tool, Output } = ai;
/** Version 7 of `ai` calls this function `isStepCount`. */
export const stepCountIs = ai.isStepCount ?? ai.stepCountIs;

export const PANEL = ["a/one", "b/two"];
const request = { analysis_models: PANEL, analyst: "d/analyst", max_retries: 0, seed: 7 };
export const SKY = "https://sky.example/";

export const scripts = (writer, more) => ({
  "a/one": { text: "The sky is blue.", sources: [{ url: SKY, title: "Sky" }] },
  "b/two": "The sky is azure.",
  "d/analyst": {
    analysis: { consensus: [{ point: "The sky has a colour.", models: PANEL }] },
  },
  "d/writer": writer ?? "The sky is blue.",
  ...more,
});

/** Returns the model and its scripted `fetch`. */
export function fusionModel(t, writer, { models, request: fields, ...options } = {}) {
  const fetch = t.scriptedFetch(scripts(writer, models));
  const model = t.fusion(
    { ...request, writer: "d/writer", ...fields },
    { apiKey: "key", fetch, ...options },
  );
  return { model, fetch };
}

/** The names of the models that were called. */
export const called = (fetch) => fetch.calls.map(({ model }) => model);

/** Returns the parts of `streamText()`. In `ai` 7, the field with these parts is named `stream`. */
export const partsOf = async (result) => {
  const parts = [];
  for await (const part of result.fullStream ?? result.stream) parts.push(part);
  return parts;
};

/** Returns the values without consecutive duplicates. */
export const distinct = (values) => values.filter((value, i) => value !== values[i - 1]);
