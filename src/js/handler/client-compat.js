// Detects clients that fail on parts of the published contract, by their own headers. The encoder
// leaves those parts out.

/** @typedef {ReturnType<typeof clientCompat>} ClientCompat */

/**
 * @param {Headers} headers
 * @param {boolean} asksForFusion whether the request has the fusion's plugin or tool
 */
export const clientCompat = (headers, asksForFusion) => ({
  /** OpenAI's clients throw for each event with an `error`, as a failed panelist's event has. */
  throwsOnErrorField: headers.has("x-stainless-lang"),
  /** The streaming helper of OpenAI's clients throws for each event that it does not know. */
  throwsOnUnknownEvents: headers.get("x-stainless-helper-method") === "stream",
  /**
   * OpenAI's `output` has no fusion. A strict client refuses a whole response with an unknown item,
   * so the item is for clients that asked for it, and for those that are known to read it. Vercel's
   * AI SDK refuses it always, and skips it in a stream. AI SDK 6 calls itself
   * `ai-sdk/openai/3.0.141`, AI SDK 7 `ai-sdk-openai/4.0.118`.
   */
  readsFusionItem:
    !/\bai-sdk[/-]/.test(agent(headers)) &&
    (asksForFusion || headers.has("x-stainless-lang") || /openrouter/i.test(agent(headers))),
});

/** @param {Headers} headers */
const agent = (headers) => headers.get("user-agent") ?? "";
