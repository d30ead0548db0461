// Collects the parts of an AI SDK answer from the events and the result of a run.

import { carriedMetadata, resultMetadata } from "./metadata.js";
import { finishReasonOf, usageOf } from "./usage.js";
import { isWebSource } from "./values.js";

/** @typedef {import("../output.js").FusionEvent} FusionEvent */

/** Types of events that show that a provider has answered. The provider may charge for the call. */
const PAID = /\.(?:delta|reasoning|tool|source|item|tool_call)$|^\w+\.completed$/;

/** @param {FusionEvent} event */
export const isPaid = ({ type }) => PAID.test(type);

/** Collects the fields of an answer that are in the events, but not in the result. */
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
   * Returns the parts that follow the answer's text, and the fields of the finish part.
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
      /** The metadata of the text part. Empty if the first tool call has the metadata. */
      textMetadata: calls.length > 0 ? {} : carried,
      finishReason: finishReasonOf(this.finishReason, calls.length > 0),
      usage: usageOf(result.usage),
      providerMetadata: resultMetadata(result, this.warnings),
    };
  }
}
