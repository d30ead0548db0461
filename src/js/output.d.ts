/**
 * The output of a run: events, the result, snapshots and errors. index.d.ts has the input.
 */

import type { Analysis, CheckedStances, Kinship } from "./analysis.js";
import type { AnalysisRound, Escalation, EscalationReason, PanelMember } from "./escalation.js";
import type { AssistantMessage, ToolCall } from "./message.js";
import type { FusionRequest } from "./request.js";
import type { Activity, CallUsage, Usage } from "./usage.js";

export * from "./analysis.js";
export * from "./escalation.js";
export * from "./message.js";
export * from "./usage.js";

/* ------------------------------------------------------------------- events */

/**
 * All event types with their own fields. Every event also has `seq`, `elapsed_ms` and `type`. A
 * minor version may add event types, so a `switch` over `event.type` needs a `default`.
 */
export interface FusionEventMap {
  /**
   * The first event. It names the panel, the analyst and the writer. `further` has the panelists of
   * `escalate`, which may be asked later.
   */
  "run.started": {
    run_id: string;
    seed: number;
    panel: PanelMember[];
    further?: PanelMember[];
    analyst: string | null;
    writer: string;
  };
  /** A panelist waits, because its provider's limit of concurrent panelists is reached. */
  "panelist.queued": { index: number };
  /**
   * An attempt of a panelist starts. Discard earlier deltas and sources of this index. If
   * `retryPanelist()` restarted the panelist, also discard its earlier event `panelist.failed`, or
   * `panelist.completed` with `partial`. If the text of an attempt turns out to be thinking, this
   * event comes twice for the same attempt.
   */
  "panelist.started": { index: number; model: string; attempt: number };
  /** A part of a panelist's reasoning. */
  "panelist.reasoning": { index: number; delta: string };
  /** A part of a panelist's answer. */
  "panelist.delta": { index: number; delta: string };
  /** A tool call of a panelist starts or ends. */
  "panelist.tool": { index: number } & ToolActivity;
  /** A panelist cites or opens a source. */
  "panelist.source": { index: number } & Source;
  /** An attempt of a panelist failed, and the next one starts after `delay_ms`. */
  "panelist.retrying": {
    index: number;
    attempt: number;
    model: string;
    next_model?: string;
    error: ErrorData;
    delay_ms: number;
  };
  /**
   * A panelist has answered. With `restored`, this is an earlier answer. It comes from the snapshot
   * of a resumed run, or the panelist was restarted and did not answer again. With `partial`, the
   * text was cut off, and `error` says why; see `quorum.accept_partial`.
   */
  "panelist.completed": {
    index: number;
    model: string;
    content: string;
    finish_reason: string | null;
    usage: CallUsage;
    latency_ms: number;
    restored?: boolean;
    partial?: true;
    error?: ErrorData;
  };
  /** A panelist has failed, and makes no further attempt by itself. */
  "panelist.failed": { index: number; model: string; error: ErrorData };
  /**
   * The further panelists in `panel` are asked, because the first round disagrees. The first
   * analysis has this number of `contradictions`. Only in a run with `escalate`.
   */
  "panel.escalated": {
    panel: PanelMember[];
    reason: EscalationReason;
    contradictions?: number;
    restored?: boolean;
  };
  /** The run does not ask the further panelists of `escalate`. */
  "panel.settled": { reason: EscalationReason; contradictions?: number; restored?: boolean };
  /**
   * The analyst starts. `order` has the indexes of the panelists in the order of their labels.
   * `order[0]` is "Response A", `order[1]` is "Response B", and so on. `pass` is present only in
   * the second pass. In a run with `escalate`, all events of the analysis have `round`.
   */
  "analysis.started": {
    model: string;
    attempt: number;
    order: number[];
    pass?: 2;
  } & AnalysisRound;
  /** A part of the analyst's reasoning. */
  "analysis.reasoning": { delta: string } & AnalysisRound;
  /** A tool call of the analyst starts or ends. */
  "analysis.tool": ToolActivity & AnalysisRound;
  /** The analyst cites or opens a source. */
  "analysis.source": Source & AnalysisRound;
  /**
   * An item of the analysis, as soon as its JSON is complete. Items are provisional. Discard them
   * at an `analysis.started` without `pass`. `analysis.completed` has the final items.
   */
  "analysis.item": AnalysisItem & AnalysisRound;
  /**
   * The analysis is complete. `restored`: the analysis comes from the snapshot of a resumed run.
   */
  "analysis.completed": { analysis: Analysis; restored?: boolean } & AnalysisRound;
  /**
   * The analyst failed. `next` is the model that the run calls next. If `next` is absent, the run
   * continues without an analysis, and in round 2 with the analysis of round 1.
   */
  "analysis.failed": { error: ErrorData; next?: string } & AnalysisRound;
  /**
   * An attempt to check a contradiction starts. `index` is the contradiction's position in the
   * analysis. Discard earlier tools and sources of this index. Checks run side by side.
   */
  "verification.started": { index: number; model: string; attempt: number };
  /** A tool call of a check starts or ends. */
  "verification.tool": { index: number } & ToolActivity;
  /** A check finds, cites or opens a source. */
  "verification.source": { index: number } & Source;
  /**
   * A check is complete. The result has `checked` in the same contradiction. With `restored`, the
   * check comes from the snapshot of a resumed run.
   */
  "verification.completed": { index: number; checked: CheckedStances; restored?: boolean };
  /** A check failed, after all its attempts. The contradiction stays unchecked. */
  "verification.failed": { index: number; error: ErrorData };
  /**
   * An attempt of the writer starts. Discard earlier deltas and sources of the answer. If the text
   * of an attempt turns out to be thinking, this event comes twice for the same attempt.
   */
  "answer.started": { model: string; attempt: number };
  /** A part of the writer's reasoning. */
  "answer.reasoning": { delta: string };
  /** A part of the final answer. */
  "answer.delta": { delta: string };
  /** The writer cites a source. */
  "answer.source": Source;
  /**
   * The writer calls a tool that has no handler in `toolHandlers`. The caller must run the tool.
   */
  "answer.tool_call": { id: string; name: string; arguments: string };
  /**
   * The final answer is complete. `restored`: the answer comes from the snapshot of a resumed run.
   */
  "answer.completed": { content: string; finish_reason: string | null; restored?: boolean };
  /** The usage of the run so far. */
  usage: { usage: Usage };
  /** A problem that does not fail the run. */
  warning: { code: WarningCode; message: string };
  /** The last event of a run that completed. */
  "run.completed": { result: FusionResult };
  /** The last event of a run that failed or was cancelled. */
  "run.failed": { error: ErrorData };
}

/** Fields of every event. */
export interface FusionEventBase {
  /** 1, 2, 3 and so on, without gaps, in the order in which the events are read. */
  seq: number;
  /** Milliseconds since the run began. */
  elapsed_ms: number;
}

/** The event of one type, such as `EventOf<"panelist.delta">`. */
export type EventOf<Type extends keyof FusionEventMap> = Type extends keyof FusionEventMap
  ? FusionEventBase & { type: Type } & FusionEventMap[Type]
  : never;

/**
 * An event of a run. `type` discriminates the union. {@link FusionEventMap} describes the types.
 */
export type FusionEvent = EventOf<keyof FusionEventMap>;

/** An item of an {@link Analysis}. `kind` discriminates the union. */
export type AnalysisItem = {
  [Kind in keyof Analysis]: { kind: Kind; item: Analysis[Kind][number] };
}[keyof Analysis];

/** A tool call that the provider or a handler runs. */
export interface ToolActivity {
  tool: string;
  status: "started" | "completed" | "failed";
  /** The arguments as the model wrote them. */
  input: string;
  /** A text for people, if the tool returned one. */
  summary?: string;
}

/** A page that a model cited or opened. */
export interface Source {
  url: string;
  title: string;
}

/* ------------------------------------------------------------------- result */

/** The result of a run. */
export interface FusionResult {
  status: "ok";
  /** The final answer. May be empty if there are `tool_calls`. */
  answer: string;
  /** The writer's calls of tools without a handler in `toolHandlers`. */
  tool_calls: ToolCall[];
  /**
   * The answer as an assistant's message. Append it to the `messages` of the next request. It
   * contains the parts that the provider requires in that request; see {@link AssistantMessage}.
   */
  message: AssistantMessage;
  /** Absent if the analyst failed, or with `convene: false`. */
  analysis?: Analysis;
  /** Absent if the request has no `escalate`. */
  escalation?: Escalation;
  responses: PanelResponse[];
  /** All sources of the run, at most 1,000. Each URL occurs once. */
  sources: Source[];
  failed_models: FailedModel[];
  usage: Usage;
  /** One entry for each call, in the order in which the calls began. */
  activity: Activity[];
  /** Panelists of the same family as the analyst, the writer or each other. */
  kinship: Kinship;
  run_id: string;
  seed: number;
}

/** A panelist's answer. */
export interface PanelResponse {
  index: number;
  /** The requested model. */
  model: string;
  content: string;
  sources: Source[];
  usage: CallUsage;
  finish_reason: string | null;
  /** Present if the text was cut off; see `quorum.accept_partial`. */
  partial?: true;
  /** Why the text was cut off. */
  error?: ErrorData;
}

/** A panelist without an answer, with its error. */
export interface FailedModel {
  index: number;
  model: string;
  /** The message of the provider or of this library. */
  error: string;
  code: FusionErrorCode;
  status_code?: number;
}

/** The state of a run as plain JSON: the request, finished work, and its cost. */
export interface FusionSnapshot {
  /**
   * The version of the format. It is 2 if the snapshot has a field that version 1 does not allow,
   * otherwise 1. docs/resume.md lists these fields. A snapshot of a later version is refused.
   */
  version: 1 | 2;
  run_id: string;
  seed: number | null;
  status: "waiting" | "running" | "completed" | "failed";
  /** The request. If it named a preset, it contains the panel and the model of the preset. */
  request: FusionRequest;
  /** `true` if the `model` of `request` is a default. Absent if the caller chose the model. */
  model_is_default?: boolean;
  responses: PanelResponse[];
  failed_models: FailedModel[];
  /** Texts of calls that have not completed. The provider may have charged for them. */
  partial: {
    stage: "panel" | "analysis" | "verification" | "answer";
    index?: number;
    model: string;
    content: string;
  }[];
  analysis: Analysis | null;
  /** Sources that the analyst cited or opened, and those of completed checks. */
  analysis_sources: Source[];
  /** What the run decided at the end of the first round. Only in a run with `escalate`. */
  escalation?: {
    reason: EscalationReason;
    /** The round of `analysis`. */
    analysis_round: 1 | 2;
    /** Indexes of the panelists whose answers the first analysis compares. */
    compared: number[];
    /** The first analysis, if the further panelists are asked. */
    first_analysis?: Analysis;
  };
  answer: {
    model: string;
    content: string;
    sources: Source[];
    tool_calls: ToolCall[];
    /** The answer as a message, if the message has more than `content` and `tool_calls`. */
    message?: AssistantMessage;
    finish_reason: string | null;
  } | null;
  /** The calls. An open call has the status `"running"`. */
  activity: (Omit<Activity, "status"> & { status: Activity["status"] | "running" })[];
  /** `true` if all checks have ended. A resumed run then does not repeat failed checks. */
  checks_ended?: boolean;
  /** `true` if `max_cost` ended the analysis and no answer followed. A resumed run makes it. */
  analysis_open?: boolean;
  /** `true` if the second pass has ended without marks. A resumed run makes an open second pass. */
  second_pass_ended?: boolean;
}

/* ------------------------------------------------------------------- errors */

/** The code of a warning. A minor version may add codes, so a `switch` needs a `default`. */
export type WarningCode =
  | "one_response"
  /** At least two panelists answered, and others failed. The message names them. */
  | "degraded_panel"
  /** A panelist that had answered was called again and failed. Its answer remains valid. */
  | "rerun_failed"
  /**
   * The default model of the analyst or the writer failed. The model of a panelist that answered
   * replaces it. If this model also fails and the calls cost nothing, the model of another panelist
   * replaces it. `analysis.started` and `answer.started` name the model that is called.
   */
  | "default_replaced"
  | "leaked_label"
  | "leaked_fence"
  | "unknown_source"
  | "second_pass_failed"
  | "should_escalate_failed"
  | "parameter_dropped"
  | "damaged_answer"
  | "on_snapshot_failed"
  | (string & {});

/** The code of an error. A minor version may add codes, so a `switch` needs a `default`. */
export type FusionErrorCode =
  | "invalid_request"
  | "invalid_model"
  | "invalid_snapshot"
  | "authentication"
  | "permission"
  | "insufficient_credits"
  | "rate_limited"
  | "content_policy"
  | "context_length_exceeded"
  | "provider_error"
  | "network_error"
  | "timeout"
  | "empty_response"
  | "all_panels_failed"
  /** Fewer panelists answered than `quorum.fail_below`. */
  | "quorum_not_met"
  | "writer_failed"
  | "budget_exceeded"
  | "cancelled"
  | "unexpected_error"
  | (string & {});

/** An error in an event or a result. */
export interface ErrorData {
  code: FusionErrorCode;
  message: string;
  /** The HTTP status of the provider's response, if there was one. */
  status_code?: number;
  /** If `code` is `writer_failed`: the code of the writer's last call, such as `content_policy`. */
  cause_code?: FusionErrorCode;
  /** The index of the panelist that failed. */
  index?: number;
  /** How long the provider asks to wait before a retry, in milliseconds. */
  retry_after_ms?: number;
}

/**
 * The error of a failed run. If the caller's `signal` ended the run, the iterator and `result()`
 * throw the signal's reason instead.
 */
export class FusionError extends Error implements ErrorData {
  readonly name: "FusionError";
  readonly code: FusionErrorCode;
  readonly status_code?: number;
  /** If `code` is `writer_failed`: the code of the writer's last call, such as `content_policy`. */
  readonly cause_code?: FusionErrorCode;
  readonly index?: number;
  /** How long the provider asks to wait before a retry, in milliseconds. */
  readonly retry_after_ms?: number;
  /** The reason that was passed to `cancel(reason)`, or the exception that ended the core. */
  readonly cause: unknown;
  /** The work that was finished and paid for. */
  readonly snapshot: FusionSnapshot;
}

/** Returns whether a value is a {@link FusionError} of any copy of this package. */
export function isFusionError(value: unknown): value is FusionError;
