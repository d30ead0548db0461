// Converts usage and finish reasons to the AI SDK's form.

/** @typedef {"stop" | "length" | "content-filter" | "tool-calls" | "other"} FinishReason */

/** @type {Record<string, FinishReason>} */
const FINISH_REASONS = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
};

/**
 * Returns the usage of a run: the tokens of all its calls.
 * @param {{ prompt_tokens: number, completion_tokens: number, reasoning_tokens: number }} usage
 */
export function usageOf(usage) {
  const { prompt_tokens, completion_tokens, reasoning_tokens } = usage;
  return {
    inputTokens: {
      total: prompt_tokens,
      noCache: undefined,
      cacheRead: undefined,
      cacheWrite: undefined,
    },
    outputTokens: {
      total: completion_tokens,
      text: Math.max(0, completion_tokens - reasoning_tokens),
      reasoning: reasoning_tokens,
    },
    raw: { ...usage },
  };
}

/**
 * Returns the finish reason of an answer.
 * @param {string | null} reason
 * @param {boolean} hasCalls whether the answer has tool calls that the caller must run
 */
export function finishReasonOf(reason, hasCalls) {
  /** @type {FinishReason} */
  const known = reason === null ? "stop" : (FINISH_REASONS[reason] ?? "other");
  /** @type {FinishReason} */
  const unified = hasCalls ? "tool-calls" : known;
  return { unified, raw: reason ?? undefined };
}
