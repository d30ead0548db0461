/**
 * llm-fuse/testing: a `fetch` that answers from scripts in place of a provider. Tests with this
 * `fetch` need no key and no network, and cost nothing.
 */

/**
 * Returns a `fetch` for `options.fetch` or for a provider. This `fetch` answers in the dialect of
 * the request (`chat`, `responses` or `messages`), always as a stream. Throws `TypeError` if a
 * script is invalid.
 * @param scripts the scripts by model. `"*"` is the script of every model that is not listed.
 *   Without `"*"`, a request for a model that is not listed is answered with 404.
 */
export function scriptedFetch(
  scripts: Record<string, Script | readonly Script[] | ScriptFunction>,
): ScriptedFetch;

/** A `fetch` that records its calls. */
export type ScriptedFetch = typeof globalThis.fetch & {
  /** All calls in the order of arrival. */
  readonly calls: readonly ScriptedCall[];
};

/** Returns the script or the response of a call. If the function throws, `fetch` rejects. */
export type ScriptFunction = (call: ScriptedCall) => Script | Response | Promise<Script | Response>;

/** A call. */
export interface ScriptedCall {
  /** The requested model, without a provider's prefix. */
  model: string;
  /** The dialect, determined by the end of the path. */
  dialect: "chat" | "responses" | "messages";
  /** The number of this call among all calls of the same model, from 1. */
  nth: number;
  url: string;
  /** The request's headers, including the key. Names are in lower case. */
  headers: Record<string, string>;
  /** The request body as the provider would receive it. */
  body: any;
  /** `"aborted"`: the client has closed the connection. */
  end: "open" | "completed" | "cut" | "aborted";
}

/**
 * The answer of a model. A string is the same as `{ text }`. A list has one answer for each call;
 * further calls receive the last answer. The fields of an answer are sent in this order:
 * `reasoning`, `tools`, `text` or `analysis`, `sources`, `tool_calls`. The end of the answer comes
 * last.
 */
export type Script = string | ScriptedAnswer;

/** The answer of one call. */
export interface ScriptedAnswer {
  /** Each element of a list is sent as one delta. A string is sent as one delta for each word. */
  text?: string | readonly string[] | undefined;
  /** Sent in the same way as `text`. */
  reasoning?: string | readonly string[] | undefined;
  /**
   * Tools that the provider ran, such as
   * `{ name: "openrouter:web_search", input: { query: "..." } }`.
   */
  tools?: readonly ScriptedTool[] | undefined;
  /** Sources that the model cites: URLs, or URLs with titles. */
  sources?: readonly (string | { url: string; title?: string | undefined })[] | undefined;
  /**
   * Calls of functions. `arguments` are JSON data, or text that may be malformed. If `id` is
   * absent, an id is generated.
   */
  tool_calls?:
    | readonly { name: string; arguments?: unknown; id?: string | undefined }[]
    | undefined;
  /** The analyst's answer. Replaces `text`. */
  analysis?: ScriptedAnalysis | undefined;
  /**
   * If the answer has `tool_calls`, the default is `"tool_calls"`. Otherwise the default is
   * `"stop"`.
   */
  finish_reason?: "stop" | "length" | "tool_calls" | "content_filter" | (string & {}) | undefined;
  /**
   * The reported tokens and cost. Default: one token for four characters, and a `cost` of 0. If
   * `null`, the provider reports no usage.
   */
  usage?:
    | {
        prompt_tokens?: number | undefined;
        completion_tokens?: number | undefined;
        reasoning_tokens?: number | undefined;
        cost?: number | undefined;
      }
    | null
    | undefined;
  /** The model that answers. Default: the requested model. */
  model?: string | undefined;
  /** Delay before status and headers, in milliseconds. Default 0. */
  start_ms?: number | undefined;
  /**
   * Delay before each piece of the answer, in milliseconds. If the value is a pair, each delay is
   * random between both numbers. Default 0.
   */
  delay_ms?: number | readonly [min: number, max: number] | undefined;
  /** The HTTP status. If it is 400 or more, the response contains only the `error`. Default 200. */
  status?: number | undefined;
  /** Headers of the response, such as `{ "retry-after": "1" }`. */
  headers?: Record<string, string> | undefined;
  /** An error. If `status` is 400 or more, the error is the body. Otherwise it ends the stream. */
  error?:
    | string
    | { message: string; code?: string | number | undefined; [other: string]: unknown }
    | undefined;
  /** Sends nothing after the answer, until the client closes the connection. */
  stall?: boolean | undefined;
  /**
   * Breaks the connection after the answer. If the answer is empty, `fetch` rejects, as it does
   * without a network.
   */
  cut?: boolean | undefined;
}

/** A tool that the provider ran. */
export interface ScriptedTool {
  name: string;
  /** The arguments that the model wrote. */
  input?: Record<string, unknown> | undefined;
  /** Whether the tool failed. Default `false`. */
  failed?: boolean | undefined;
  /** Duration in milliseconds. Default: the answer's `delay_ms`. */
  delay_ms?: number | undefined;
}

/**
 * An analysis that names models. The analyst's prompt contains labels instead of names.
 * `scriptedFetch()` finds the labels of a model by the texts of its answers. A model that is twice
 * in the panel has two labels. Models without an answer are left out.
 */
export interface ScriptedAnalysis {
  consensus?: readonly ScriptedPoint[] | undefined;
  contradictions?:
    | readonly {
        topic: string;
        stances: readonly { model: string; stance: string; quote?: string | undefined }[];
      }[]
    | undefined;
  partial_coverage?: readonly ScriptedPoint[] | undefined;
  unique_insights?:
    | readonly { model: string; insight: string; quote?: string | undefined }[]
    | undefined;
  blind_spots?: readonly (string | { point: string })[] | undefined;
}

/** A point that several models make. */
export interface ScriptedPoint {
  point: string;
  models: readonly string[];
  /** A quote is `verified` in the result if the model's text contains it. */
  quotes?: readonly { model: string; quote: string }[] | undefined;
}
