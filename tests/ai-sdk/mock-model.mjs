// Makes scripted language models, and a run with such a model on the panel.

import { scripts } from "./fixtures.mjs";

export const EMPTY = {
  consensus: [],
  contradictions: [],
  partial_coverage: [],
  unique_insights: [],
  blind_spots: [],
};
export const text = (delta) => [
  { type: "text-start", id: "0" },
  { type: "text-delta", id: "0", delta },
  { type: "text-end", id: "0" },
];
export const ends = (version, reason = "stop") => ({
  type: "finish",
  finishReason: version === "v2" ? reason : { unified: reason, raw: reason },
  usage:
    version === "v2"
      ? { inputTokens: 3, outputTokens: 4, totalTokens: 7, reasoningTokens: 1 }
      : { inputTokens: { total: 3 }, outputTokens: { total: 4, reasoning: 1 } },
});

/**
 * Returns a model. The nth call of this model streams the nth list of parts. If the nth entry is an
 * error, the nth call rejects with this error.
 */
export function mock(turns, { version = "v3", supportedUrls = {} } = {}) {
  const calls = [];
  return {
    specificationVersion: version,
    provider: "mock",
    modelId: "m",
    supportedUrls,
    calls,
    async doStream(options) {
      calls.push(options);
      const parts = turns[Math.min(calls.length, turns.length) - 1];
      if (parts instanceof Error) throw parts;
      return {
        stream: new ReadableStream({
          start(controller) {
            options.abortSignal.addEventListener("abort", () =>
              controller.error(options.abortSignal.reason),
            );
            for (const part of parts) controller.enqueue(part);
            if (!parts.stalls) controller.close();
          },
        }),
      };
    },
  };
}
export const stalls = (parts) => Object.assign(parts, { stalls: true });

export function start(t, provider, fields, options) {
  return t.fuse(
    {
      prompt: "?",
      analysis_models: ["sdk:m"],
      analyst: "d/analyst",
      writer: "d/writer",
      max_retries: 0,
      tools: [],
      ...fields,
    },
    {
      apiKey: "desk",
      fetch: t.scriptedFetch(scripts()),
      providers: { sdk: t.fromAiSdk(provider) },
      ...options,
    },
  );
}
export const failed = async (run) => (await run.result().catch((error) => error)) ?? {};
