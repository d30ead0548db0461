// Starts runs for the tests of llm-fuse/otel. Stores the spans of these runs in memory.

import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { ok } from "../scenarios/assert.mjs";

export const KEY = "sk-or-v1-c0ffee-never-to-be-seen";
const stock = {
  type: "function",
  function: { name: "stock", description: "A price.", parameters: { type: "object" } },
};
export const usage = { prompt_tokens: 10, completion_tokens: 5, reasoning_tokens: 2, cost: 0.25 };
const scripts = {
  "a/one": [
    { tool_calls: [{ name: "stock", arguments: { symbol: "ACME" } }], usage },
    { text: "It is 42.", usage, start_ms: 30 },
  ],
  "b/two": { status: 401, error: { message: "the secret prompt is refused" } },
  "c/three": { text: "It is 41.", usage },
  d: { analysis: { consensus: [] }, usage },
  w: { text: "About 42.", usage },
};
export const request = {
  prompt: "What costs the secret share?",
  analysis_models: ["a/one", "b/two", "c/three"],
  analyst: "d",
  writer: "w",
  tools: [stock],
};

/** Starts a traced run. `spans()` returns the spans that have ended. */
export function start(t, { script, options, more, tracer, given } = {}) {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  const provider = new BasicTracerProvider({ spanProcessors });
  const fetch = t.scriptedFetch({ ...scripts, ...script });
  const toolHandlers = {
    stock: () => new Promise((resolve) => setTimeout(resolve, 20, "42")),
  };
  const run = t.fuse({ ...request, ...more }, { apiKey: KEY, fetch, toolHandlers, ...given });
  const spans = () => exporter.getFinishedSpans();
  const all = t.traced(run, tracer ?? provider.getTracer("llm-fuse"), options);
  return { inner: run, run: all, spans, fetch, named: (name) => byName(spans(), name) };
}

export const byName = (spans, name) => spans.filter((span) => span.name === name);
export const ms = ([seconds, nanos]) => seconds * 1000 + nanos / 1e6;

export async function readAll(run) {
  const events = [];
  for await (const event of run) events.push(event);
  return events;
}

export const until = async (condition) => {
  for (let i = 0; !condition() && i < 400; i++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  ok(condition(), "the condition");
};
