// Tests llm-fuse/otel with tracers that throw, and with several runs at the same time.

import { SpanStatusCode } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { equal, ok } from "../scenarios/assert.mjs";
import { byName, readAll, start } from "./otel-run.mjs";

function explode() {
  throw new Error("the tracer is broken");
}

export default [
  {
    name: "otel: a tracer that throws fails no run",
    async run(t) {
      const broken = { startSpan: () => explode() };
      const half = {
        startSpan: () => ({ setAttributes: explode, setAttribute: explode, end: explode }),
      };
      for (const tracer of [broken, half]) {
        const { run } = start(t, { tracer });
        equal((await readAll(run)).at(-1).type, "run.completed");
        equal((await start(t, { tracer }).run.result()).answer, "About 42.");
      }
    },
  },
  {
    name: "otel: a span that throws is lost alone, and ends",
    async run(t) {
      for (const method of ["setAttributes", "end"]) {
        const exporter = new InMemorySpanExporter();
        const spanProcessors = [new SimpleSpanProcessor(exporter)];
        const inner = new BasicTracerProvider({ spanProcessors }).getTracer("test");
        const startSpan = (name, ...more) => {
          const span = inner.startSpan(name, ...more);
          if (name !== "chat c/three") return span;
          const parts = {
            setAttributes: (all) => span.setAttributes(all),
            end: (at) => span.end(at),
          };
          return { ...parts, [method]: explode };
        };
        const { run } = start(t, { tracer: { startSpan } });
        await readAll(run);
        const ended = exporter.getFinishedSpans().map(({ name }) => name);
        equal(ended.length, method === "end" ? 7 : 8, ended.join());
      }
    },
  },
  {
    name: "otel: runs at the same time share no span, also if one is cancelled",
    async run(t) {
      const exporter = new InMemorySpanExporter();
      const spanProcessors = [new SimpleSpanProcessor(exporter)];
      const tracer = new BasicTracerProvider({ spanProcessors }).getTracer("test");
      const runs = Array.from({ length: 10 }, () => start(t, { tracer }).run);
      const ends = runs.map(async (run, i) => {
        for await (const { type } of run)
          if (i % 3 === 0 && type === "panelist.started") run.cancel();
      });
      const failed = (await Promise.allSettled(ends)).filter(({ reason }) => reason);
      equal(
        failed.map(({ reason }) => reason.code),
        Array(4).fill("cancelled"),
      );
      const traces = new Map();
      for (const span of exporter.getFinishedSpans()) {
        const { traceId } = span.spanContext();
        traces.set(traceId, [...(traces.get(traceId) ?? []), span]);
      }
      equal(traces.size, 10);
      const sizes = [];
      for (const spans of traces.values()) {
        const [root, ...others] = byName(spans, "invoke_workflow fusion");
        equal(others, []);
        const { spanId } = root.spanContext();
        ok(spans.every((span) => span === root || span.parentSpanContext.spanId === spanId));
        if (root.status.code === SpanStatusCode.ERROR)
          equal(root.attributes["error.type"], "cancelled");
        else sizes.push(spans.length);
      }
      equal(sizes, Array(6).fill(8));
    },
  },
];
