// Detects clients that fail on parts of OpenRouter's API, by the headers of a request. The encoder
// leaves out these parts for such clients.

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
   * AI SDK 7 repeats a request if the stream fails before its first text. The AI SDK reads an
   * error's `code` of three digits as a status, and any other code as status 500.
   */
  readsCodeAsStatus: isAiSdk(headers),
  /** The AI SDK's provider for OpenAI ignores the `error` of a chunk that has `choices`. */
  dropsErrorBesideChoices: /\bai-sdk[/-]openai\//.test(agent(headers)),
  showsFusion: (isStream ? showsFusionInStream : showsFusionInWhole)(headers, asksForFusion),
});

/**
 * Returns whether a response that is not streamed may contain the fusion's item. OpenAI's `output`
 * has no such item, and a strict client refuses a response with an unknown item. So only clients
 * that ask for the item, or are known to accept it, get the item. Vercel's AI SDK always refuses
 * the item. The AI SDK's user agent is `ai-sdk/openai/3.0.141` or `ai-sdk-openai/4.0.118`.
 * @param {Headers} headers
 * @param {boolean} asksForFusion
 */
const showsFusionInWhole = (headers, asksForFusion) =>
  !isAiSdk(headers) &&
  (asksForFusion || language(headers) === "js" || /openrouter/i.test(agent(headers)));

/**
 * Returns whether a stream may contain the fusion's events. Most clients skip unknown events.
 * OpenAI's clients for Python and other typed languages fail on unknown events.
 * @param {Headers} headers
 * @param {boolean} asksForFusion
 */
const showsFusionInStream = (headers, asksForFusion) =>
  asksForFusion || [null, "js"].includes(language(headers));

/** Returns the language of an OpenAI client, such as `js`. @param {Headers} headers */
const language = (headers) => headers.get("x-stainless-lang");

/** @param {Headers} headers */
const isAiSdk = (headers) => /\bai-sdk[/-]/.test(agent(headers));

/** @param {Headers} headers */
const agent = (headers) => headers.get("user-agent") ?? "";
