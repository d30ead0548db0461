// Type tests of llm-fuse/otel with OpenTelemetry's types. This file is compiled, but
// never run.
import { type Tracer, trace } from "@opentelemetry/api";
import { type FusionRun, fromResponse, fuse } from "llm-fuse";
import { type TracedOptions, traced } from "llm-fuse/otel";

const tracer: Tracer = trace.getTracer("app", "1.0.0");
export const run: FusionRun = traced(fuse("?"), tracer, { captureContent: true });
export const remote: FusionRun = traced(fromResponse(fetch("/ask")));
// @ts-expect-error `content` is not an option
export const wrong: TracedOptions = { content: true };
