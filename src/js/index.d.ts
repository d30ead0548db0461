/**
 * llm-fuse: a panel of models answers in parallel, an analyst compares the answers, a writer gives the final one.
 *
 * Data is `snake_case`, with OpenRouter's names; methods and live options are `camelCase`.
 * Event types, error codes and warning codes are open sets: a `switch` over them needs a `default`.
 */

/** Starts nothing yet: the run begins when it is first iterated, or when `result()` or `toReadableStream()` is called.
 *  Never throws; a bad request fails on first use with a {@link FusionError} that names the field. */
export function fuse(request: string | FusionRequest, options?: FusionOptions): FusionRun;

/** Optional warm-up: compiles the WebAssembly core ahead of the first run. `fuse()` does it by itself otherwise.
 *  @param source the core's bytes, module or response, where the caller would rather bring it. */
export function init(source?: WebAssembly.Module | BufferSource | Response | PromiseLike<Response>): Promise<void>;

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

/** With two `passes` (default 1) the same model looks again, at the answers in reversed order, and items get their `survived`. */
export type AnalystSpec = Omit<ModelSpec, "temperature" | "system"> & { passes?: 1 | 2 };
export type WriterSpec = ModelSpec;

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
  /** Attribution; sent to OpenRouter only. */
  app?: { title?: string; url?: string; categories?: string[] };
  limits?: {
    /** Longest line of a provider's stream, in bytes. Default 8,388,608. */
    line_bytes?: number;
    /** Longest body of a provider's answer, in bytes. Default 67,108,864. */
    body_bytes?: number;
  };
}

/* ------------------------------------------------------------------- events */

interface EventBase {
  /** 1, 2, 3, ... without gaps, in the order of reading. */
  seq: number;
  /** Since the run began. */
  elapsed_ms: number;
}

type Of<Type extends string, Fields = {}> = EventBase & { type: Type } & Fields;

export type FusionEvent =
  | Of<"run.started", { run_id: string; seed: number; panel: PanelMember[]; analyst: string | null; writer: string }>
  | Of<"panelist.queued", { index: number }>
  /** From attempt 2 on, earlier deltas of this index are void, and so is its `panelist.failed` where `retryPanelist()` seated it again. */
  | Of<"panelist.started", { index: number; model: string; attempt: number }>
  | Of<"panelist.reasoning", { index: number; delta: string }>
  | Of<"panelist.delta", { index: number; delta: string }>
  | Of<"panelist.tool", { index: number } & ToolActivity>
  | Of<"panelist.source", { index: number } & Source>
  | Of<"panelist.retrying", { index: number; attempt: number; model: string; next_model?: string; error: ErrorData; delay_ms: number }>
  | Of<"panelist.completed", { index: number; model: string; content: string; finish_reason: string | null; usage: CallUsage; latency_ms: number; restored?: boolean }>
  | Of<"panelist.failed", { index: number; model: string; error: ErrorData }>
  /** `order[i]` is the index of the panelist that sat behind label i ("Response A" is 0). `pass` is there in the second pass. */
  | Of<"analysis.started", { model: string; attempt: number; order: number[]; pass?: 2 }>
  | Of<"analysis.reasoning", { delta: string }>
  | Of<"analysis.tool", ToolActivity>
  | Of<"analysis.source", Source>
  /** As soon as its JSON closes. Provisional: a new `analysis.started` without `pass` voids it, `analysis.completed` has the last word. */
  | AnalysisItemEvent
  | Of<"analysis.completed", { analysis: Analysis; restored?: boolean }>
  /** `next` names what is tried now, if anything. */
  | Of<"analysis.failed", { error: ErrorData; next?: string }>
  /** From attempt 2 on, earlier answer deltas are void. */
  | Of<"answer.started", { model: string; attempt: number }>
  | Of<"answer.reasoning", { delta: string }>
  | Of<"answer.delta", { delta: string }>
  | Of<"answer.source", Source>
  /** Not sent yet. */
  | Of<"answer.tool_call", { id: string; name: string; arguments: string }>
  | Of<"answer.completed", { content: string; finish_reason: string | null; restored?: boolean }>
  | Of<"usage", { usage: Usage }>
  | Of<"warning", { code: string; message: string }>
  | Of<"run.completed", { result: FusionResult }>
  | Of<"run.failed", { error: ErrorData }>;

type AnalysisItemEvent = {
  [Kind in keyof Analysis]: Of<"analysis.item", { kind: Kind; item: Analysis[Kind][number] }>;
}[keyof Analysis];

export interface PanelMember {
  index: number;
  model: string;
  /** `"openrouter"`, or the host of `baseURL`. */
  provider: string;
}

export interface ToolActivity {
  tool: string;
  status: "started" | "completed" | "failed";
  /** The arguments, as the model wrote them. */
  input: string;
  summary?: string;
}

export interface Source {
  url: string;
  title: string;
}

/* ------------------------------------------------------------------- result */

export interface FusionResult {
  status: "ok";
  answer: string;
  tool_calls: { id: string; name: string; arguments: string }[];
  /** Absent when the analyst failed, or with `convene: false`. */
  analysis?: Analysis;
  responses: PanelResponse[];
  /** Deduplicated by URL; the first 1,000. */
  sources: Source[];
  failed_models: FailedModel[];
  usage: Usage;
  activity: Activity[];
  kinship: Kinship;
  run_id: string;
  seed: number;
}

export interface PanelResponse {
  index: number;
  /** As asked for. */
  model: string;
  content: string;
  sources: Source[];
  usage: CallUsage;
  finish_reason: string | null;
}

export interface FailedModel {
  index: number;
  model: string;
  error: string;
  code: FusionErrorCode;
  status_code?: number;
}

/** Items are always objects. A quote is `verified` when it really stands in that panelist's text, but for case, white space, Markdown
 *  emphasis and Unicode form. `survived`: only after a second pass, `true` where it named the same panelists without being told. */
export interface Analysis {
  consensus: { point: string; panelists: number[]; models: string[]; quotes: Quote[]; survived?: boolean }[];
  contradictions: { topic: string; stances: { stance: string; panelist: number; model: string; quotes: Quote[] }[]; survived?: boolean }[];
  partial_coverage: { point: string; panelists: number[]; models: string[]; quotes: Quote[]; survived?: boolean }[];
  unique_insights: { insight: string; panelist: number; model: string; quotes: Quote[]; survived?: boolean }[];
  blind_spots: { point: string; survived?: boolean }[];
}

export interface Quote {
  index: number;
  quote: string;
  verified: boolean;
}

/** Of one call. `null` is what the provider did not say, which is not zero. Money is in USD. */
export interface CallUsage {
  cost: number | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  reasoning_tokens: number | null;
}

/** Sums. Tokens are the sum of what was reported. */
export interface StageUsage {
  /** `null` when any call's cost is unknown. */
  cost: number | null;
  /** The sum of the known costs: "at least". */
  cost_so_far: number;
  prompt_tokens: number;
  completion_tokens: number;
  reasoning_tokens: number;
  /** Calls whose cost is unknown. */
  unknown_calls: number;
}

export interface Usage extends StageUsage {
  by_stage: { panel: StageUsage; analysis: StageUsage; answer: StageUsage };
}

/** One row per call. */
export interface Activity {
  stage: "panel" | "analysis" | "answer";
  index?: number;
  model: string;
  model_served: string | null;
  provider: string;
  generation_id: string | null;
  attempt: number;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  reasoning_tokens: number | null;
  cost: number | null;
  latency_ms: number;
  status: "completed" | "failed" | "cancelled";
}

/** Panelists of the same model family as the analyst or the writer, by index. */
export interface Kinship {
  analyst: number[];
  writer: number[];
}

/** Versioned plain JSON: the request, what finished, what it cost. */
export interface FusionSnapshot {
  version: 1;
  run_id: string;
  seed: number | null;
  status: "waiting" | "running" | "completed" | "failed";
  /** As given, with the panel and the model that a preset stood for. */
  request: FusionRequest;
  responses: PanelResponse[];
  failed_models: FailedModel[];
  /** Text of members that did not finish, kept because it was paid for. */
  partial: { stage: "panel" | "analysis" | "answer"; index?: number; model: string; content: string }[];
  analysis: Analysis | null;
  /** What the analyst cited. */
  analysis_sources: Source[];
  answer: { model: string; content: string; sources: Source[]; finish_reason: string | null } | null;
  /** A call that is still open has status `"running"`. */
  activity: (Omit<Activity, "status"> & { status: Activity["status"] | "running" })[];
}

/* ------------------------------------------------------------------- errors */

export type FusionErrorCode =
  | "invalid_request" | "invalid_model" | "invalid_snapshot" | "authentication" | "permission" | "insufficient_credits"
  | "rate_limited" | "content_policy" | "context_length_exceeded" | "provider_error" | "network_error" | "timeout"
  | "empty_response" | "all_panels_failed" | "writer_failed" | "budget_exceeded" | "cancelled" | "unexpected_error"
  | (string & {});

export interface ErrorData {
  code: FusionErrorCode;
  message: string;
  /** Of the provider's HTTP answer, where there was one. */
  status_code?: number;
  /** The panelist concerned. */
  index?: number;
  retry_after_ms?: number;
}

export class FusionError extends Error implements ErrorData {
  readonly name: "FusionError";
  readonly code: FusionErrorCode;
  readonly status_code?: number;
  readonly index?: number;
  readonly retry_after_ms?: number;
  readonly cause: unknown;
  /** What was finished and paid for. */
  readonly snapshot: FusionSnapshot;
}

/** Also true for a {@link FusionError} of another copy of this package. */
export function isFusionError(value: unknown): value is FusionError;
