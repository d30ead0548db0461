// Detects, by their headers, clients that fail on parts of the published contract. The encoder
// leaves out these parts.

/** @typedef {ReturnType<typeof clientCompat>} ClientCompat */

/**
 * @param {Headers} headers
 * @param {boolean} isStream
 * @param {boolean} asksForFusion whether the request has the fusion's plugin or tool
 */
export const clientCompat = (headers, isStream, asksForFusion) => ({
  /**
   * OpenAI's clients throw for each event with a field `error`, such as a failed panelist's event.
   */
  throwsOnErrorField: headers.has("x-stainless-lang"),
  /** The streaming helper of OpenAI's clients throws for each unknown event. */
  throwsOnUnknownEvents: headers.get("x-stainless-helper-method") === "stream",
  /**
   * AI SDK 7 repeats a stream that fails before its first text. It reads a `code` of three digits
   * as a status, and any other as 500.
   */
  readsCodeAsStatus: isAiSdk(headers),
  /** The AI SDK's provider for OpenAI does not see the `error` of a chunk that has `choices`. */
  dropsErrorBesideChoices: /\bai-sdk[/-]openai\//.test(agent(headers)),
  showsFusion: (isStream ? showsFusionInStream : showsFusionInWhole)(headers, asksForFusion),
});

/**
 * OpenAI's `output` has no fusion, and a strict client refuses a whole response with an unknown
 * item. So the item is for clients that ask for it, and for those that are known to read it.
 * Vercel's AI SDK always refuses it. It calls itself `ai-sdk/openai/3.0.141` or
 * `ai-sdk-openai/4.0.118`.
 * @param {Headers} headers
 * @param {boolean} asksForFusion
 */
const showsFusionInWhole = (headers, asksForFusion) =>
  !isAiSdk(headers) &&
  (asksForFusion || language(headers) === "js" || /openrouter/i.test(agent(headers)));

/**
 * Clients skip unknown events of a stream, except those that check types: OpenAI's for Python and
 * other languages.
 * @param {Headers} headers
 * @param {boolean} asksForFusion
 */
const showsFusionInStream = (headers, asksForFusion) =>
  asksForFusion || [null, "js"].includes(language(headers));

/** @param {Headers} headers the language of a client of OpenAI */
const language = (headers) => headers.get("x-stainless-lang");

/** @param {Headers} headers */
const isAiSdk = (headers) => /\bai-sdk[/-]/.test(agent(headers));

/** @param {Headers} headers */
const agent = (headers) => headers.get("user-agent") ?? "";
