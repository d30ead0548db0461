/**
 * A provider that says what you wrote, as a `fetch`: your own code can be tested without a key, a network or a cost.
 */

/**
 * Gives a `fetch` for `options.fetch` or for a provider's. It answers in the dialect that it is asked in (`chat`, `responses`, `messages`), always as
 * a stream. Throws `TypeError` for a script that could never be played. `scripts`: by model; `"*"` is for those without one of their own, and
 * without it such a model is a 404.
 */
export function scriptedFetch(scripts: Record<string, Script | Script[] | ScriptFunction>): ScriptedFetch;

/** A `fetch` that remembers. */
export type ScriptedFetch = typeof globalThis.fetch & {
  /** Every call so far, in the order of arrival. */
  readonly calls: readonly ScriptedCall[];
};

/** Decides call by call. A `Response` is handed on as it is. What it throws, `fetch` rejects with. */
export type ScriptFunction = (call: ScriptedCall) => Script | Response | Promise<Script | Response>;

/** One call as it was made. */
export interface ScriptedCall {
  /** As it was asked for, without a provider's prefix. */
  model: string;
  /** Known by the end of the path. */
  dialect: "chat" | "responses" | "messages";
  /** 1, 2, 3, ...: which call of this model it is. */
  nth: number;
  url: string;
  /** Names in lower case. The key is among them. */
  headers: Record<string, string>;
  /** The request as the provider would see it. */
  body: any;
  /** `"aborted"`: whoever asked hung up. */
  end: "open" | "completed" | "cut" | "aborted";
}

/** What a model says; a text stands for `{ text }`. A list has an answer for each call, and the last one stays. It is sent in this order: `reasoning`,
 *  `tools`, `text` or `analysis`, `sources`, `tool_calls`, and then how it ends. */
export type Script = string | ScriptedAnswer;

/** What one call is answered with. */
export interface ScriptedAnswer {
  /** A list is sent piece by piece, a text word by word. */
  text?: string | string[];
  /** As `text`. */
  reasoning?: string | string[];
  /** What the provider did itself, such as `{ name: "openrouter:web_search", input: { query: "..." } }`. */
  tools?: ScriptedTool[];
  /** What the model cites: addresses, or with their titles. */
  sources?: (string | { url: string; title?: string })[];
  /** Calls of functions. `arguments` are JSON data, or text as malformed as you like. Default of `id`: one is made up. */
  tool_calls?: { name: string; arguments?: unknown; id?: string }[];
  /** Instead of `text`, for the analyst. */
  analysis?: ScriptedAnalysis;
  /** Default `"stop"`, or `"tool_calls"` where there are any. */
  finish_reason?: "stop" | "length" | "tool_calls" | "content_filter" | (string & {});
  /** Default: guessed at four characters a token, with a `cost` of 0. `null`: the provider tells none. */
  usage?: { prompt_tokens?: number; completion_tokens?: number; reasoning_tokens?: number; cost?: number } | null;
  /** Who answers, where it is not who was asked. */
  model?: string;
  /** Before status and headers, in milliseconds. Default 0. */
  start_ms?: number;
  /** Before each piece, in milliseconds. A pair: anything between the two, drawn anew each time. Default 0. */
  delay_ms?: number | [least: number, most: number];
  /** From 400 on nothing is said but the `error`. Default 200. */
  status?: number;
  /** Of the answer, such as `{ "retry-after": "1" }`. */
  headers?: Record<string, string>;
  /** With a `status` from 400 on the body, otherwise how the stream ends. Further fields are sent as they are. */
  error?: string | { message: string; code?: string | number; [other: string]: unknown };
  /** Silence after what is said, until whoever asked hangs up. */
  stall?: boolean;
  /** The connection breaks after what is said; where nothing is, `fetch` rejects, as it does offline. */
  cut?: boolean;
}

/** A tool that the provider ran. */
export interface ScriptedTool {
  name: string;
  /** What the model asked it. */
  input?: Record<string, unknown>;
  /** Default `false`. */
  failed?: boolean;
  /** How long it takes, in milliseconds. Default: the answer's `delay_ms`. */
  delay_ms?: number;
}

/** An analysis that names models. The run's analyst sees blind labels; they are put in for each run, found by what the models said. A model that sits
 *  twice has two of them. Who did not answer is left out. */
export interface ScriptedAnalysis {
  consensus?: ScriptedPoint[];
  contradictions?: { topic: string; stances: { model: string; stance: string; quote?: string }[] }[];
  partial_coverage?: ScriptedPoint[];
  unique_insights?: { model: string; insight: string; quote?: string }[];
  blind_spots?: (string | { point: string })[];
}

/** A point that several models make. */
export interface ScriptedPoint {
  point: string;
  models: string[];
  /** `verified` in the result where they stand in that model's text. */
  quotes?: { model: string; quote: string }[];
}
