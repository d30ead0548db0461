/**
 * llm-fuse/state: the state of a run, built from its events. Pure data and pure functions, for any
 * framework. Contains no core.
 */

import type {
  Analysis,
  AnalysisItem,
  AssistantMessage,
  CallUsage,
  ErrorData,
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
 * Parts that the event does not change keep their identity, so `===` finds out what has changed. An
 * event without an effect, such as one of an unknown type, returns the same state.
 *
 * A restarted attempt voids the texts, tools and sources of the attempt before it. `run.started`
 * starts anew. If the run resumes the run of `state`, completed parts keep their reasoning, tools
 * and sources, because the events of a resumed run do not repeat them.
 */
export function reduce(state: FusionState, event: FusionEvent): FusionState;

/**
 * Returns the sources of completed panelists, of the analysis and of the answer, each URL once, at
 * most 1,000. After the end these are `result.sources`.
 */
export function sourcesOf(state: FusionState): Source[];

/**
 * Everything that a page can show of a run. Each list has at most 1,000 items, and later ones are
 * dropped.
 */
export interface FusionState {
  /** `failed` includes a cancelled run, whose `error.code` is `cancelled`. */
  readonly status: "idle" | "running" | "completed" | "failed";
  /** Empty before the first event. A resumed run has the id of the earlier run. */
  readonly run_id: string;
  readonly seed: number | null;
  /** The requested analyst. `null` if there is none. */
  readonly analyst: string | null;
  /** The requested writer. */
  readonly writer: string;
  /** In the order of the request. Empty with `convene: false`. */
  readonly panel: readonly PanelistState[];
  readonly analysis: AnalysisState;
  readonly answer: AnswerState;
  /** Finished searches and fetches of panelists and analyst, voided attempts included. */
  readonly tool_counts: { readonly web_search: number; readonly web_fetch: number };
  /** The usage so far, with its cost. `null` before the first call has ended. */
  readonly usage: Usage | null;
  /** Problems that did not fail the run. */
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
 * What a panelist does. New values are minor versions: a `switch` needs a `default`.
 *
 * `waiting`: no attempt has started. `queued`: it waits for a free connection. `started`: its call
 * is open and has no output yet. `calling_tool`: a tool is at work. `retrying`: the next attempt
 * follows. `stopped`: the run has ended before the panelist.
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

/** A panelist. `index`, `model` and `provider` are those of the request. */
export interface PanelistState extends Readonly<PanelMember> {
  readonly status: PanelistStatus;
  /** 0 before the first attempt. */
  readonly attempt: number;
  /** The model of this attempt: `model`, or a fallback. */
  readonly model_used: string;
  /** The text of this attempt so far, or the complete answer. */
  readonly content: string;
  readonly reasoning: string;
  /** Calls of tools. The end of a call replaces its start. */
  readonly tools: readonly ToolActivity[];
  readonly sources: readonly Source[];
  /** Tokens and cost, once it has completed. */
  readonly usage: CallUsage | null;
  readonly finish_reason: string | null;
  /** `elapsed_ms` of the run when its first attempt started. */
  readonly started_ms: number | null;
  /** How long it took, once it has completed or failed. */
  readonly latency_ms: number | null;
  /** Why it failed. */
  readonly error: ErrorData | null;
  /** While `status` is `retrying`: why, and what follows. */
  readonly retry: PanelistRetry | null;
  /** Whether the answer comes from the run that was resumed. */
  readonly restored: boolean;
}

/** The retry that a panelist waits for. */
export interface PanelistRetry {
  readonly error: ErrorData;
  /** The model of the next attempt. */
  readonly model: string;
  /** The delay before it. */
  readonly delay_ms: number;
}

/** The comparison of the answers. */
export interface AnalysisState {
  /**
   * `skipped`: the writer has started without an analysis. `failed`: no analyst is left to try.
   * `stopped`: the run has ended first.
   */
  readonly status: "idle" | "running" | "completed" | "failed" | "skipped" | "stopped";
  /** The model of this attempt. Empty before the first one. */
  readonly model: string;
  /** 0 before the first attempt. */
  readonly attempt: number;
  /** 2 in a second pass. */
  readonly pass: 1 | 2;
  /** `order[i]` is the index of the panelist behind label i: "Response A" is label 0. */
  readonly order: readonly number[];
  readonly reasoning: string;
  /** Calls of tools. The end of a call replaces its start. */
  readonly tools: readonly ToolActivity[];
  readonly sources: readonly Source[];
  /** Items so far, which a new attempt voids. The final ones, once `status` is `completed`. */
  readonly items: readonly AnalysisItem[];
  /** The whole analysis, once `status` is `completed`. */
  readonly result: Analysis | null;
  /** Why the last attempt failed. */
  readonly error: ErrorData | null;
  /** The model that is tried after this error. */
  readonly next: string | null;
  /** Whether it comes from the run that was resumed. */
  readonly restored: boolean;
}

/** The writer's answer. */
export interface AnswerState {
  /** `stopped`: the run has ended first. `error` of the run has the reason. */
  readonly status: "idle" | "running" | "completed" | "stopped";
  /** The model of this attempt. Empty before the first one. */
  readonly model: string;
  /** 0 before the first attempt. */
  readonly attempt: number;
  /** The text of this attempt so far, or the complete answer. */
  readonly content: string;
  readonly reasoning: string;
  readonly sources: readonly Source[];
  /** Calls of tools that the caller runs. */
  readonly tool_calls: readonly ToolCall[];
  /** The message for the next request's `messages`, once the run has completed. */
  readonly message: AssistantMessage | null;
  readonly finish_reason: string | null;
  /** Whether it comes from the run that was resumed. */
  readonly restored: boolean;
}

/**
 * Returns a store that follows runs, for frameworks: one state, and at most one notification a
 * frame. Throws `TypeError` if `begin` is not a function.
 *
 * @param begin returns a run, or a promise of one: `fuse`, or a function that calls
 *   `fromResponse()`
 */
export function createFusionStore<Args extends unknown[]>(
  begin: (...args: Args) => FusionRun | PromiseLike<FusionRun>,
  options?: FusionStoreOptions<Args>,
): FusionStore<Args>;

/** Options of a store. */
export interface FusionStoreOptions<Args extends unknown[]> {
  /**
   * Returns a run that resumes a failed or stopped one, for `retry()`. Gets its snapshot and the
   * arguments of its `start()`. Without it, `retry()` begins anew and pays again. Not for runs of
   * `fromResponse()`, whose snapshots cannot be resumed.
   */
  resume?:
    | ((snapshot: FusionSnapshot, ...args: Args) => FusionRun | PromiseLike<FusionRun>)
    | undefined;
}

/** A store of {@link createFusionStore}. Its functions need no `this`. */
export interface FusionStore<Args extends unknown[]> {
  /** Returns the state that was last published. */
  getState(): FusionState;
  /**
   * Adds a listener. Calls it at once, and then once for each published state. Returns the function
   * that removes it. When the last listener has gone, the run is stopped.
   */
  subscribe(listener: (state: FusionState) => void): () => void;
  /** Begins a run with these arguments. Cancels the one before it. */
  start(...args: Args): void;
  /** Cancels the run. Its state becomes `failed`, with code `cancelled`. */
  stop(): void;
  /**
   * Begins again with the arguments of the last `start()`. A failed or stopped run is resumed, if
   * the store has the option `resume`. Does nothing before the first `start()`.
   */
  retry(): void;
  /** Returns the current run, for `proceed()`, `retryPanelist()` and `cancelPanelist()`. */
  getRun(): FusionRun | undefined;
}
