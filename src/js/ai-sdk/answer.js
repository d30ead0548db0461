// Collects the parts of an AI SDK answer from the events and the result of a run.

import { carriedMetadata, resultMetadata } from "./metadata.js";
import { finishReasonOf, usageOf } from "./usage.js";
import { isWebSource } from "./values.js";

/** @typedef {import("../output.js").FusionEvent} FusionEvent */

/** Types of events after which the run may have cost money, because a provider has answered. */
const PAID = /\.(?:delta|reasoning|tool|source|item|tool_call)$|^\w+\.completed$/;

/** @param {FusionEvent} event */
export const isPaid = ({ type }) => PAID.test(type);

/** Collects from the events what the result of the run does not contain, such as the reasoning. */
export class AnswerReader {
  /** The reasoning of the writer's last attempt. */
  reasoning = "";
  /** @type {string | null} */
  finishReason = null;
  /** @type {{ code: string, message: string }[]} */
  warnings = [];
  runId = "";

  /** @param {FusionEvent} event */
  read(event) {
    switch (event.type) {
      case "run.started":
        this.runId = event.run_id;
        break;
      case "answer.started":
        this.reasoning = "";
        break;
      case "answer.reasoning":
        this.reasoning += event.delta;
        break;
      case "answer.completed":
        this.finishReason = event.finish_reason;
        break;
      case "warning":
        this.warnings.push({ code: event.code, message: event.message });
        break;
    }
  }

  /**
   * Returns the stream parts after the text of the answer, and the fields of the part `finish`.
   * @param {import("../output.js").FusionResult} result
   */
  end(result) {
    const carried = carriedMetadata(result);
    const calls = result.tool_calls.map(({ id, name, arguments: input }, i) => ({
      type: "tool-call",
      toolCallId: id,
      toolName: name,
      input,
      ...(i === 0 && carried),
    }));
    const sources = result.sources.filter(isWebSource).map(({ url, title }, i) => ({
      type: "source",
      sourceType: "url",
      id: `source-${i}`,
      url,
      ...(title && { title }),
    }));
    return {
      calls,
      sources,
      /**
       * The metadata of the text part. If there are tool calls, the first tool call has the
       * metadata instead, and this object is empty.
       */
      textMetadata: calls.length > 0 ? {} : carried,
      finishReason: finishReasonOf(this.finishReason, calls.length > 0),
      usage: usageOf(result.usage),
      providerMetadata: resultMetadata(result, this.warnings),
    };
  }
}
