// Usage fields that several endpoints share.

/** @param {{ prompt_tokens: number, completion_tokens: number }} usage */
export const totalTokens = ({ prompt_tokens, completion_tokens }) =>
  prompt_tokens + completion_tokens;

/**
 * Returns the field `cost`. If the cost is unknown, returns no field. OpenRouter's schema would
 * allow `null`, but OpenRouter's client does not.
 * @param {number | null | undefined} cost
 */
export const costField = (cost) => (cost == null ? {} : { cost });

/**
 * Returns the tool calls that a provider ran for the panel and the analyst.
 * @param {import("./run-view.js").RunView} view
 */
export function toolUsage({ toolCounts: { web_search, web_fetch } }) {
  return {
    tool_calls_executed: web_search + web_fetch,
    tool_calls_requested: web_search + web_fetch,
    web_search_requests: web_search,
  };
}
