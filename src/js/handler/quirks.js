// Real clients that break on what the published contract has, told by their own headers, and what is left out for them.

export const quirksOf = (headers) => ({
  /** OpenAI's clients throw for every event that has an `error`, which a failed panelist's has. */
  throwsOnError: headers.has("x-stainless-lang"),
  /** Their helper for streams throws for every event that it does not know. */
  throwsOnEvents: headers.get("x-stainless-helper-method") === "stream",
  /** Vercel's AI SDK refuses a whole response with an item that it does not know; in a stream it skips it.
   *  AI SDK 6 calls itself `ai-sdk/openai/3.0.141`, AI SDK 7 `ai-sdk-openai/4.0.118`. */
  refusesItems: /\bai-sdk[/-]/.test(headers.get("user-agent") ?? ""),
});
