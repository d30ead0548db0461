/**
 * What comes out of a run: events, the result, snapshots and errors. What goes in is in index.d.ts.
 */

import type { FusionRequest } from "./index.js";

/* ------------------------------------------------------------------- events */

interface EventBase {
  /** 1, 2, 3, ... without gaps, in the order of reading. */
  seq: number;
  /** Since the run began. */
  elapsed_ms: number;
}

type Of<Type extends string, Fields = {}> = EventBase & { type: Type } & Fields;

/** What happens, in the order of reading; `type` tells the kinds apart. New kinds are minor versions: give a `switch` its `default`. */
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
  /** Of a tool of the writer's that nobody here runs. */
  | Of<"answer.tool_call", { id: string; name: string; arguments: string }>
  | Of<"answer.completed", { content: string; finish_reason: string | null; restored?: boolean }>
  | Of<"usage", { usage: Usage }>
  | Of<"warning", { code: WarningCode; message: string }>
  | Of<"run.completed", { result: FusionResult }>
  | Of<"run.failed", { error: ErrorData }>;

type AnalysisItemEvent = {
  [Kind in keyof Analysis]: Of<"analysis.item", { kind: Kind; item: Analysis[Kind][number] }>;
}[keyof Analysis];

/** Who sits on the panel. */
export interface PanelMember {
  index: number;
  model: string;
  /** By name; without one the host of `baseURL`. */
  provider: string;
}

/** Work of a tool, whoever runs it. */
export interface ToolActivity {
  tool: string;
  status: "started" | "completed" | "failed";
  /** The arguments, as the model wrote them. */
  input: string;
  /** For people, where the tool gave one. */
  summary?: string;
}

/** What a model cited or opened. */
export interface Source {
  url: string;
  title: string;
}

/* ------------------------------------------------------------------- result */

/** What a run gives in the end. */
export interface FusionResult {
  status: "ok";
  /** May be empty where there are `tool_calls`. */
  answer: string;
  /** Calls of the writer's own tools that nobody here runs. */
  tool_calls: ToolCall[];
  /** Absent when the analyst failed, or with `convene: false`. */
  analysis?: Analysis;
  responses: PanelResponse[];
  /** Deduplicated by URL; the first 1,000. */
  sources: Source[];
  failed_models: FailedModel[];
  usage: Usage;
  /** One row for each call, in the order of their beginning. */
  activity: Activity[];
  /** Whose family the judges share. */
  kinship: Kinship;
  run_id: string;
  seed: number;
}

/** A call of one of the writer's own tools, for the caller to carry out. `arguments`: as the model wrote them, usually JSON. */
export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

/** A panelist's answer. */
export interface PanelResponse {
  index: number;
  /** As asked for. */
  model: string;
  content: string;
  sources: Source[];
  usage: CallUsage;
  finish_reason: string | null;
}

/** A panelist that gave no answer, and why. */
export interface FailedModel {
  index: number;
  model: string;
  /** What the provider said, or we. */
  error: string;
  code: FusionErrorCode;
  status_code?: number;
}

/** Items are always objects. A quote is `verified` when it really stands in that panelist's text, but for case, white space, Markdown
 *  emphasis and Unicode form. `survived`: only after a second pass, `true` where it named the same panelists without being told. */
export interface Analysis {
  /** What all or most say. */
  consensus: { point: string; panelists: number[]; models: string[]; quotes: Quote[]; survived?: boolean }[];
  /** Where they exclude each other. */
  contradictions: { topic: string; stances: { stance: string; panelist: number; model: string; quotes: Quote[] }[]; survived?: boolean }[];
  /** What only some say. */
  partial_coverage: { point: string; panelists: number[]; models: string[]; quotes: Quote[]; survived?: boolean }[];
  /** What one alone says. */
  unique_insights: { insight: string; panelist: number; model: string; quotes: Quote[]; survived?: boolean }[];
  /** What nobody says. */
  blind_spots: { point: string; survived?: boolean }[];
}

/** What a panelist is said to have written. */
export interface Quote {
  index: number;
  quote: string;
  /** Whether it really stands in that panelist's text. */
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

/** Of the whole run, and by stage. */
export interface Usage extends StageUsage {
  /** A stage that made no call has zeros. */
  by_stage: { panel: StageUsage; analysis: StageUsage; answer: StageUsage };
}

/** One row per call. */
export interface Activity {
  /** Who made the call. */
  stage: "panel" | "analysis" | "answer";
  index?: number;
  model: string;
  /** Who the provider says answered. */
  model_served: string | null;
  /** By name; without one the host of `baseURL`. */
  provider: string;
  /** The provider's name for this call. */
  generation_id: string | null;
  /** From 1, repeats and fallbacks included. */
  attempt: number;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  reasoning_tokens: number | null;
  cost: number | null;
  /** From sending it to its end. */
  latency_ms: number;
  status: "completed" | "failed" | "cancelled";
}

/** In USD; `null` where a model has no price. A guess: nobody knows yet how much the models will write, think and read.
 *  `low`: 300 tokens from each, no web search. `expected`: 1,500 tokens from each and two web searches of each panelist and the analyst, each
 *  bringing 5,000 tokens into the prompt. `high`: `max_completion_tokens` from each, `max_tool_calls` searches, every fallback paid for as well,
 *  and the analyst asked once more. A token of the prompt is counted for each three bytes. */
export interface CostRange {
  /** A short run. */
  low: number | null;
  /** An ordinary run. */
  expected: number | null;
  /** A run that uses up what the request allows. */
  high: number | null;
}

/** What a run may cost, in all and by stage. */
export interface Estimate extends CostRange {
  /** The sums' parts. */
  by_stage: { panel: CostRange; analysis: CostRange; answer: CostRange };
  /** Models without a price. */
  unknown: string[];
}

/** Panelists of the same model family as the analyst or the writer, by index. */
export interface Kinship {
  /** Of the analyst's family. */
  analyst: number[];
  /** Of the writer's family. */
  writer: number[];
}

/** Versioned plain JSON: the request, what finished, what it cost. */
export interface FusionSnapshot {
  /** Of this format; another is refused. */
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
  answer: { model: string; content: string; sources: Source[]; tool_calls: ToolCall[]; finish_reason: string | null } | null;
  /** A call that is still open has status `"running"`. */
  activity: (Omit<Activity, "status"> & { status: Activity["status"] | "running" })[];
}

/* ------------------------------------------------------------------- errors */

/** What a run tells that is no failure. An open set: new codes are minor versions. */
export type WarningCode =
  | "one_response" | "leaked_label" | "leaked_fence" | "unknown_source" | "second_pass_failed" | "parameter_dropped" | "damaged_answer" | "on_snapshot_failed"
  | (string & {});

/** What to switch on. An open set: new codes are minor versions. */
export type FusionErrorCode =
  | "invalid_request" | "invalid_model" | "invalid_snapshot" | "authentication" | "permission" | "insufficient_credits"
  | "rate_limited" | "content_policy" | "context_length_exceeded" | "provider_error" | "network_error" | "timeout"
  | "empty_response" | "all_panels_failed" | "writer_failed" | "budget_exceeded" | "cancelled" | "unexpected_error"
  | (string & {});

/** An error as events and results carry it. */
export interface ErrorData {
  code: FusionErrorCode;
  message: string;
  /** Of the provider's HTTP answer, where there was one. */
  status_code?: number;
  /** The panelist concerned. */
  index?: number;
  /** How long the provider asked us to wait. */
  retry_after_ms?: number;
}

/** What a run fails with, unless its `signal` ended it. */
export class FusionError extends Error implements ErrorData {
  readonly name: "FusionError";
  readonly code: FusionErrorCode;
  readonly status_code?: number;
  readonly index?: number;
  /** How long the provider asked us to wait. */
  readonly retry_after_ms?: number;
  /** The reason of `cancel(reason)`, or what the core died of. */
  readonly cause: unknown;
  /** What was finished and paid for. */
  readonly snapshot: FusionSnapshot;
}

/** Also true for a {@link FusionError} of another copy of this package. */
export function isFusionError(value: unknown): value is FusionError;
