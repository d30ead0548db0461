/**
 * llm-fuse: a panel of models answers in parallel, an analyst compares the answers, a writer gives the final one.
 *
 * Data is `snake_case`, with OpenRouter's names; methods and live options are `camelCase`.
 * Event types, error codes and warning codes are open sets: a `switch` over them needs a `default`.
 */

import type { Estimate, FusionEvent, FusionResult, FusionSnapshot } from "./output.js";

export * from "./output.js";

/** Starts nothing yet: the run begins when it is first iterated, or when `result()` or `toReadableStream()` is called.
 *  Never throws; a bad request fails on first use with a {@link FusionError} that names the field. */
export function fuse(request: string | FusionRequest, options?: FusionOptions): FusionRun;

/** Optional warm-up: compiles the WebAssembly core ahead of the first run. `fuse()` does it by itself otherwise.
 *  @param source the core's bytes, module or response, where the caller would rather bring it. */
export function init(source?: WebAssembly.Module | BufferSource | Response | PromiseLike<Response>): Promise<void>;

/** What a run may cost, told before it begins; it rejects as the run would fail. Prices come from `options.prices`, otherwise for OpenRouter
 *  from one `GET {baseURL}/models`. What a resumed run has settled costs nothing more. */
export function estimate(request: string | FusionRequest, options?: FusionOptions): Promise<Estimate>;

/** One deliberation. One reader per run: a second iterator, or `toReadableStream()` beside one, throws `TypeError`. */
export interface FusionRun extends AsyncIterable<FusionEvent> {
  /** `break` cancels the run, unless `result()` was called: then it only stops listening. */
  [Symbol.asyncIterator](): FusionIterator;
  /** Drives the run when nobody iterates. May be called before, during or after iteration; always the same promise. */
  result(): Promise<FusionResult>;
  /** Ends the run now and closes every open connection. Reading then fails with code `cancelled` and `reason` as its `cause`. */
  cancel(reason?: unknown): void;
  /** Sends one panelist home, which then fails with code `cancelled`. `false`: it was not at work (any more).
   *  Throws `TypeError` for what is no index. */
  cancelPanelist(index: number): boolean;
  /** While the panel is open, that is, while any panelist is at work: one that failed is seated again, one that works begins anew,
   *  with the next attempt number. `false`: there was nothing to do anew. An answer that is in is not asked for again.
   *  Throws `TypeError` for what is no index. */
  retryPanelist(index: number): boolean;
  /** Go on with what is ready: panelists at work fail with code `cancelled`, if at least one has answered; an analysis at work is given
   *  up, and the writer works from the answers. `false`: there was nothing to go on from. */
  proceed(): boolean;
  /** What has happened so far, at any moment, also after the end. */
  snapshot(): FusionSnapshot;
  /** The events as server-sent events: `id:` is the event's `seq`, `data:` its JSON; a comment every 15 s of silence. */
  toReadableStream(): ReadableStream<Uint8Array>;
}

/** Hand-written, not a generator: `return()` acts at once, even while a `next()` is pending. */
export interface FusionIterator extends AsyncIterableIterator<FusionEvent, undefined, undefined> {
  next(): Promise<IteratorResult<FusionEvent, undefined>>;
  return(): Promise<IteratorResult<FusionEvent, undefined>>;
}

/* ------------------------------------------------------------------ request */

/** Plain JSON without secrets. A field that is unknown, or known but not implemented yet, is refused by name. */
export interface FusionRequest {
  /** The question. Exactly one of `prompt` and `messages`, or neither with `resume`. */
  prompt?: string;
  /** A conversation in OpenAI's chat format; its last message is the user's. */
  messages?: ChatMessage[];
  /** The panel, 1 to 8 members; the same model may sit twice. Default: the preset's. */
  analysis_models?: (string | ModelSpec)[];
  /** Analyst and writer. Default: the preset's analyst; away from OpenRouter the panel's first model. */
  model?: string;
  /** Overrides `model` for the analyst. */
  analyst?: string | AnalystSpec;
  /** Overrides `model` for the writer. */
  writer?: string | WriterSpec;
  /** Default `"general-high"`. `analysis_models` and `model` take precedence over what it names. */
  preset?: "general-high" | "general-budget" | "general-fast" | (string & {});
  /** Research tools of panel and analyst. Default on OpenRouter: its web search and web fetch; elsewhere none. `[]`: none. At most 8. */
  tools?: HostedTool[];
  /** Tool-calling steps of each panelist and of the analyst. Integer 1..16, default 4. */
  max_tool_calls?: number;
  /** Per call, reasoning included. Integer >= 1, default 16000. */
  max_completion_tokens?: number;
  /** 0..2, panel only; the analyst always runs at 0. Default: the provider's. */
  temperature?: number;
  /** For panel and analyst. Default: the provider's. */
  reasoning?: Reasoning;
  /** Milliseconds. */
  timeouts?: Timeouts;
  /** When the panel may stop waiting for its stragglers. Default: it waits for all. */
  quorum?: Quorum;
  /** Repeats per call after a failure that may pass. Integer 0..10, default 2. */
  max_retries?: number;
  /** In USD, above 0. Every model that may be called needs a price, from `prices` or OpenRouter's list. A call starts only if its prompt still
   *  fits; open calls are metered by what they say and closed when the limit is reached (code `budget_exceeded`; what was bought is in
   *  the snapshot). Where a provider runs tools, what these cost is known only when the call has ended; OpenRouter is told the limit. */
  max_cost?: number;
  /** Integer 0..2^53-1: the order in which the analyst sees the answers, and retry jitter. Default: random, reported in `run.started`. */
  seed?: number;
  /** `false`: no panel and no analyst, the writer answers alone. Default `true`. */
  convene?: boolean;
  /** Goes on with an earlier run, in any tab, process or runtime: no call that had finished is repeated. Fields given beside it override
   *  those of the snapshot's request; panelists match by equal specification. Another question is refused. A snapshot of another version,
   *  or a damaged one, is refused with code `invalid_snapshot`. `rerun`: panelists of the snapshot, by index, that answer anew. */
  resume?: FusionSnapshot | { snapshot: FusionSnapshot; rerun?: number[] };
}

export interface ModelSpec {
  model: string;
  /** 0..2. */
  temperature?: number;
  reasoning?: Reasoning;
  /** Put before the conversation as a system message, for this member only. */
  system?: string;
  /** Integer >= 1. */
  max_completion_tokens?: number;
  /** Models to try, in order, when this one fails for good. At most 8. */
  fallbacks?: string[];
  /** Merged into the provider's request as it is; cannot replace `model`, `messages` or `stream`. */
  extra_body?: Record<string, unknown>;
}

/** A {@link ModelSpec} whose `model` may be left to the request. */
type Role = Partial<Pick<ModelSpec, "model">> & Omit<ModelSpec, "model">;
/** With two `passes` (default 1) the same model looks again, at the answers in reversed order, and items get their `survived`. */
export type AnalystSpec = Omit<Role, "temperature" | "system"> & { passes?: 1 | 2 };
export type WriterSpec = Role;

/** Away from OpenRouter only `effort`. */
export interface Reasoning {
  effort?: "max" | "xhigh" | "high" | "medium" | "low" | "minimal" | "none";
  max_tokens?: number;
}

/** An OpenRouter server tool, such as `{ type: "openrouter:web_search", parameters: { max_results: 3 } }`. */
export interface HostedTool {
  type: `openrouter:${string}`;
  parameters?: Record<string, unknown>;
}

export interface Timeouts {
  /** From sending a call to its first byte. Default 60,000. */
  first_byte_ms?: number;
  /** Longest silence within a stream; keep-alive comments count as life. Default 60,000. */
  idle_ms?: number;
  /** One panelist with all its attempts. Default 300,000. */
  panelist_ms?: number;
  /** The whole run. Default 600,000. */
  run_ms?: number;
}

export interface Quorum {
  /** Answers that suffice. Integer 1..8. Default: the size of the panel. */
  min_responses?: number;
  /** How long the others may still take after that, in milliseconds. Default: without limit. */
  grace_ms?: number;
}

export type ChatMessage =
  | { role: "system" | "developer"; content: string | TextPart[]; name?: string }
  | { role: "user"; content: string | ContentPart[]; name?: string }
  | { role: "assistant"; content?: string | TextPart[] | null; name?: string; [field: string]: unknown }
  | { role: "tool"; content: string | TextPart[]; tool_call_id: string };

export interface TextPart {
  type: "text";
  text: string;
}
export type ContentPart =
  | TextPart
  | { type: "image_url"; image_url: { url: string; detail?: string } }
  | { type: "file"; file: Record<string, unknown> }
  | { type: "input_audio"; input_audio: { data: string; format: string } };

/* ------------------------------------------------------------------ options */

export interface FusionOptions {
  /** Sent as `Authorization: Bearer ...` to `baseURL` and nowhere else. OpenRouter needs one. In a web page, every visitor can read it. */
  apiKey?: string;
  /** Absolute `https:` or `http:` URL of an OpenAI-compatible API. Default `https://openrouter.ai/api/v1`. */
  baseURL?: string;
  /** Used instead of the global `fetch`; called with `(url, { method, headers, body, signal })`. */
  fetch?: typeof globalThis.fetch;
  /** Aborting it ends the run; everything then rejects with the signal's own `reason`. */
  signal?: AbortSignal;
  /** Called with a snapshot after each finished panelist and stage, and at the end. Not awaited; if it throws or rejects, the run goes on
   *  with a `warning` (`on_snapshot_failed`). */
  onSnapshot?: (snapshot: FusionSnapshot) => unknown;
  /** What models cost, by name: OpenRouter's `pricing` objects, in USD per token. They fill in where a provider does not tell the cost of a
   *  call, and come before OpenRouter's own list. What a provider takes less for cached tokens is not known. */
  prices?: Record<string, Pricing>;
  /** Attribution; sent to OpenRouter only. */
  app?: { title?: string; url?: string; categories?: string[] };
  limits?: {
    /** Longest line of a provider's stream, in bytes. Default 8,388,608. */
    line_bytes?: number;
    /** Longest body of a provider's answer, in bytes. Default 67,108,864. */
    body_bytes?: number;
  };
}

/** As `GET https://openrouter.ai/api/v1/models` has it for each model; amounts in USD, as strings so that no digit is lost. */
export interface Pricing {
  /** Per token. */
  prompt: string | number;
  /** Per token. */
  completion: string | number;
  /** Per call. */
  request?: string | number;
  /** Per reasoning token, where it differs from `completion`. */
  internal_reasoning?: string | number;
  /** Per search; for `estimate()` only. */
  web_search?: string | number;
  /** 0..1, taken off everything. */
  discount?: number;
  /** Later ones that apply win, price by price. */
  overrides?: ({ min_prompt_tokens?: number; utc_start?: number; utc_end?: number } & Partial<Record<"prompt" | "completion" | "request" | "internal_reasoning" | "web_search", string | number>>)[];
  [other: string]: unknown;
}
