/**
 * llm-fuse/state builds the state of a run from its events. The state is plain data and works with
 * any framework. The module does not contain the WebAssembly core.
 */

import type {
  Analysis,
  AnalysisItem,
  AssistantMessage,
  CallUsage,
  CheckedStances,
  ErrorData,
  EscalationReason,
  FusionEvent,
  FusionResult,
  FusionRun,
  FusionSnapshot,
  PanelMember,
  Source,
  ToolActivity,
  ToolCall,
  Usage,
  WarningCode,
} from "../index.js";

/** Returns the state before the first event. Always the same frozen object. */
export function initialState(): FusionState;

/**
 * Returns the state after an event. Never changes its arguments, and never throws.
 *
 * Parts that the event does not change are the same objects in the new state, so compare parts with
 * `===`. For an event without an effect, such as an event of unknown type, returns the same state.
 *
 * If an attempt is restarted, its texts, tools and sources start empty. After `run.started`, the
 * whole state starts empty. If the new run resumes the run of `state`, ended parts keep what the
 * events of a resumed run do not repeat: the attempt, the reasoning, the tools and the sources. The
 * checks, the counts of tools, the usage and the warnings stay.
 */
export function reduce(state: FusionState, event: FusionEvent): FusionState;

/**
 * Returns the sources of completed panelists, of the analysis and its completed checks, and of the
 * answer: each URL once, and at most 1,000. When the run has completed, these are
 * `result.sources`.
 */
export function sourcesOf(state: FusionState): Source[];

/**
 * The state of a run: everything that a page can show. Each list has at most 1,000 items. Further
 * items are dropped.
 */
export interface FusionState {
  /** The state of the run. A cancelled run is `failed`, and its `error.code` is `cancelled`. */
  readonly status: "idle" | "running" | "completed" | "failed";
  /** The run's id. Empty before the first event. A resumed run has the id of the earlier run. */
  readonly run_id: string;
  readonly seed: number | null;
  /** The requested analyst. `null` if there is none. */
  readonly analyst: string | null;
  /** The requested writer. */
  readonly writer: string;
  /**
   * The panelists, in the order of the request. Empty with `convene: false`. The further panelists
   * of `escalate` are added when they are asked.
   */
  readonly panel: readonly PanelistState[];
  /** The analysis of the last round. If the second analysis fails, this is the first analysis. */
  readonly analysis: AnalysisState;
  /** The further panelists, and whether they are asked. `null` without `escalate`. */
  readonly escalation: EscalationState | null;
  /** The checks of contradictions, in the order in which they appeared. */
  readonly checks: readonly CheckState[];
  readonly answer: AnswerState;
  /**
   * Numbers of finished searches and fetches in all attempts of the panelists, the analyst and the
   * checks.
   */
  readonly tool_counts: { readonly web_search: number; readonly web_fetch: number };
  /** The usage so far, with its cost. `null` before the first call has ended. */
  readonly usage: Usage | null;
  /** Problems that did not fail the run, each once. */
  readonly warnings: readonly FusionWarning[];
  /** Why the run failed. */
  readonly error: ErrorData | null;
  /** The result, once the run has completed. */
  readonly result: FusionResult | null;
}

/** A problem that did not fail the run. */
export interface FusionWarning {
  readonly code: WarningCode;
  readonly message: string;
}

/**
 * The activity of a panelist. New values may be added in minor versions, so a `switch` needs a
 * `default`.
 *
 * - `waiting`: no attempt has started.
 * - `queued`: the panelist waits for a free connection.
 * - `started`: the panelist's call is open and has no output yet.
 * - `calling_tool`: a tool is running.
 * - `retrying`: an attempt has failed, and the next attempt will follow.
 * - `stopped`: the run ended before the panelist did.
 */
export type PanelistStatus =
  | "waiting"
  | "queued"
  | "started"
  | "thinking"
  | "calling_tool"
  | "writing"
  | "retrying"
  | "completed"
  | "failed"
  | "stopped"
  | (string & {});

/** The state of a panelist. `index`, `model` and `provider` have the values of the request. */
export interface PanelistState extends Readonly<PanelMember> {
  readonly status: PanelistStatus;
  /** The number of the current attempt. 0 before the first attempt. */
  readonly attempt: number;
  /** The model of this attempt: `model`, or a fallback. */
  readonly model_used: string;
  /** The text of this attempt so far, or the complete answer. */
  readonly content: string;
  readonly reasoning: string;
  /** Calls of tools. Each call has one entry, which changes when the call ends. */
  readonly tools: readonly ToolActivity[];
  readonly sources: readonly Source[];
  /** Tokens and cost. `null` until the panelist has completed. */
  readonly usage: CallUsage | null;
  readonly finish_reason: string | null;
  /** The run's `elapsed_ms` when the panelist's first attempt started. */
  readonly started_ms: number | null;
  /** The panelist's duration. `null` until the panelist has completed or failed. */
  readonly latency_ms: number | null;
  /** The error that ended the panelist, or that cut off its answer. */
  readonly error: ErrorData | null;
  /**
   * The cause of the retry, and data about the next attempt. `null` if `status` is not `retrying`.
   */
  readonly retry: PanelistRetry | null;
  /**
   * Whether the answer comes from the run that was resumed, or from an attempt before a failed
   * restart.
   */
  readonly restored: boolean;
  /** Whether the answer was cut off. `error` says why. */
  readonly partial: boolean;
}

/** The retry that a panelist waits for. */
export interface PanelistRetry {
  readonly error: ErrorData;
  /** The model of the next attempt. */
  readonly model: string;
  /** The delay before the next attempt, in milliseconds. */
  readonly delay_ms: number;
}

/** The further panelists of `escalate`, and whether they are asked. */
export interface EscalationState {
  /**
   * `open`: the first round has not ended. `escalated`: the further panelists are asked. `settled`:
   * they are skipped.
   */
  readonly status: "open" | "escalated" | "settled";
  /** The further panelists of the request. */
  readonly further: readonly PanelMember[];
  /** Why the further panelists are asked or skipped. `null` while `status` is `open`. */
  readonly reason: EscalationReason | null;
  /** The number of contradictions in the first analysis, if there is one. */
  readonly contradictions: number | null;
  /** The first analysis, once the further panelists are asked. */
  readonly first_analysis: AnalysisState | null;
}

/** The comparison of the answers. */
export interface AnalysisState {
  /**
   * `skipped`: the writer has started without an analysis. `failed`: no further analyst can be
   * tried. `stopped`: the run ended before the analysis did.
   */
  readonly status: "idle" | "running" | "completed" | "failed" | "skipped" | "stopped";
  /** The model of this attempt. Empty before the first one. */
  readonly model: string;
  /** The number of the current attempt. 0 before the first attempt. */
  readonly attempt: number;
  /** 2 if the further panelists of `escalate` are part of the comparison. */
  readonly round: 1 | 2;
  /** The number of the current pass. */
  readonly pass: 1 | 2;
  /**
   * The analyst sees the answers as "Response A", "Response B" and so on. `order[0]` is the index
   * of the panelist that wrote "Response A".
   */
  readonly order: readonly number[];
  readonly reasoning: string;
  /** Calls of tools. Each call has one entry, which changes when the call ends. */
  readonly tools: readonly ToolActivity[];
  /** The pages that the analyst cited or opened, and those of its completed checks. */
  readonly sources: readonly Source[];
  /** The provisional items of this attempt, or the final items if `status` is `completed`. */
  readonly items: readonly AnalysisItem[];
  /** The whole analysis. `null` until `status` is `completed`. */
  readonly result: Analysis | null;
  /** The error of the last failed attempt. */
  readonly error: ErrorData | null;
  /** The model that is tried after `error`. */
  readonly next: string | null;
  /** Whether the analysis comes from the run that was resumed. */
  readonly restored: boolean;
}

/** The check of a contradiction. */
export interface CheckState {
  /** The position of the contradiction in the analysis. */
  readonly index: number;
  /** `stopped`: the run ended before the check did. */
  readonly status: "running" | "completed" | "failed" | "stopped";
  /** The model of this attempt. Empty for a check that only the earlier run has reported. */
  readonly model: string;
  /** 0 for a check that only the earlier run has reported. */
  readonly attempt: number;
  /** Calls of tools. Each call has one entry, which changes when the call ends. */
  readonly tools: readonly ToolActivity[];
  readonly sources: readonly Source[];
  /** The outcome. `null` until `status` is `completed`. */
  readonly checked: CheckedStances | null;
  /** The error of a failed check. */
  readonly error: ErrorData | null;
  /** Whether the check comes from the run that was resumed. */
  readonly restored: boolean;
}

/** The state of the writer's answer. */
export interface AnswerState {
  /** `stopped`: the run ended before the answer did. The state's `error` has the reason. */
  readonly status: "idle" | "running" | "completed" | "stopped";
  /** The model of this attempt. Empty before the first one. */
  readonly model: string;
  /** The number of the current attempt. 0 before the first attempt. */
  readonly attempt: number;
  /** The text of this attempt so far, or the complete answer. */
  readonly content: string;
  readonly reasoning: string;
  readonly sources: readonly Source[];
  /** Calls of tools that the caller must run. */
  readonly tool_calls: readonly ToolCall[];
  /** The message to add to the next request's `messages`. `null` until the run has completed. */
  readonly message: AssistantMessage | null;
  readonly finish_reason: string | null;
  /** Whether the answer comes from the run that was resumed. */
  readonly restored: boolean;
}

/**
 * Returns a store for frameworks. The store reads the events of one run at a time and notifies its
 * listeners at most once per frame. Throws `TypeError` if `begin` is not a function.
 *
 * @param begin returns a run or a promise of a run. Examples: `fuse`, or a function that calls
 *   `fromResponse()`
 */
export function createFusionStore<Args extends unknown[]>(
  begin: (...args: Args) => FusionRun | PromiseLike<FusionRun>,
  options?: FusionStoreOptions<[Args][Args extends unknown ? 0 : never]>,
): FusionStore<Args>;

/** Options of a store. */
export interface FusionStoreOptions<Args extends unknown[]> {
  /**
   * Returns a run that resumes a failed or stopped run, for `retry()`. Receives the snapshot of the
   * failed run and the arguments of its `start()`. Without this option, `retry()` starts a new run
   * and pays again. Runs of `fromResponse()` cannot be resumed.
   */
  resume?:
    | ((snapshot: FusionSnapshot, ...args: Args) => FusionRun | PromiseLike<FusionRun>)
    | undefined;
}

/** A store of {@link createFusionStore}. Its functions work without `this`. */
export interface FusionStore<Args extends unknown[]> {
  /** Returns the state that was last published. */
  getState(): FusionState;
  /**
   * Adds a listener. Calls the listener now, and then once for each published state. Returns a
   * function that removes the listener. When the last listener is removed, the run is cancelled.
   * An error of a listener is passed to `reportError()`, or to `console.error()` in Node.
   */
  subscribe(listener: (state: FusionState) => void): () => void;
  /** Cancels the current run, then starts a run with these arguments. */
  start(...args: Args): void;
  /** Cancels the run. The state becomes `failed`, and its `error.code` is `cancelled`. */
  stop(): void;
  /**
   * Starts a run with the arguments of the last `start()`. If the store has the option `resume`,
   * resumes a failed or stopped run instead. Does nothing before the first `start()`.
   */
  retry(): void;
  /** Returns the current run, for `proceed()`, `retryPanelist()` and `cancelPanelist()`. */
  getRun(): FusionRun | undefined;
}
