// Detects, by their headers, clients that fail on parts of the published contract. The encoder
// leaves out these parts.

/** @typedef {ReturnType<typeof clientCompat>} ClientCompat */

/** @param {Headers} headers */
export const clientCompat = (headers) => ({
  /**
   * OpenAI's clients throw for each event with a field `error`, such as a failed panelist's event.
   */
  throwsOnErrorField: headers.has("x-stainless-lang"),
  /** The streaming helper of OpenAI's clients throws for each unknown event. */
  throwsOnUnknownEvents: headers.get("x-stainless-helper-method") === "stream",
  /**
   * Vercel's AI SDK refuses a whole response with an unknown item. In a stream it skips the item.
   * AI SDK 6 calls itself `ai-sdk/openai/3.0.141`, AI SDK 7 `ai-sdk-openai/4.0.118`.
   */
  refusesUnknownItems: /\bai-sdk[/-]/.test(headers.get("user-agent") ?? ""),
});
