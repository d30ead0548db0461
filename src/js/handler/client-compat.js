// Recognises, by the headers of a request, clients that cannot read some parts of OpenRouter's API.
// The encoders leave out these parts for such clients.

/** @typedef {ReturnType<typeof clientCompat>} ClientCompat */

/**
 * @param {Headers} headers
 * @param {boolean} isStream
 * @param {boolean} asksForFusion whether the request has the fusion's plugin or tool
 */
export const clientCompat = (headers, isStream, asksForFusion) => ({
  /**
   * OpenAI's clients throw if an event has a field `error`, as the event of a failed panelist does.
   */
  throwsOnErrorField: headers.has("x-stainless-lang"),
  /** The streaming helper of OpenAI's clients throws for each unknown event. */
  throwsOnUnknownEvents: headers.get("x-stainless-helper-method") === "stream",
  /**
   * AI SDK 7 repeats a request if the stream fails before its first text. If the error's `code` is
   * a number of three digits, the AI SDK uses it as the status. Otherwise it uses status 500.
   */
  readsCodeAsStatus: isAiSdk(headers),
  /** The AI SDK's provider for OpenAI ignores the `error` of a chunk that has `choices`. */
  dropsErrorBesideChoices: /\bai-sdk[/-]openai\//.test(agent(headers)),
  showsFusion: (isStream ? showsFusionInStream : showsFusionInWhole)(headers, asksForFusion),
});

/**
 * Returns whether a response that is not streamed may contain OpenRouter's item with the panel's
 * result. OpenAI's format has no such item, and a strict client refuses a response with an unknown
 * item. Therefore only clients that ask for the item, or are known to accept it, get it.
 *
 * Vercel's AI SDK always refuses the item. Its user agent is `ai-sdk/openai/3.0.141` or
 * `ai-sdk-openai/4.0.118`.
 * @param {Headers} headers
 * @param {boolean} asksForFusion
 */
const showsFusionInWhole = (headers, asksForFusion) =>
  !isAiSdk(headers) &&
  (asksForFusion || language(headers) === "js" || /openrouter/i.test(agent(headers)));

/**
 * Returns whether a stream may contain OpenRouter's events about the panel. Most clients skip
 * unknown events, but OpenAI's clients for Python and other typed languages fail on them.
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
