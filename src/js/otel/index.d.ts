/** llm-fuse/otel: a run as OpenTelemetry spans. */

import type { Tracer } from "@opentelemetry/api";
import type { FusionRun } from "../index.js";

/**
 * Returns a run that you read in place of `run`. The returned run has the same events, methods and
 * results. In addition, it creates spans for the run, for each model call and for each tool. The
 * spans follow OpenTelemetry's conventions for generative AI, v0.1.0. The parent of the run's span
 * is the span that is active when `traced()` is called.
 *
 * The spans of calls and tools are created when the run ends. They have the times at which the
 * calls and tools began and ended. A failure of the tracer does not fail the run.
 *
 * Throws `TypeError` if `run` is being read already, and for an unknown option.
 *
 * @param run a run of `fuse()` or `fromResponse()`
 * @param tracer Default: `trace.getTracer("llm-fuse")`
 */
export function traced(run: FusionRun, tracer?: Tracer, options?: TracedOptions): FusionRun;

/** The options of `traced()`. */
export interface TracedOptions {
  /**
   * Adds the question, the answers, the tools' arguments and the providers' error messages to the
   * spans. Default `false`: spans have only names, numbers and codes.
   */
  captureContent?: boolean | undefined;
}
