/**
 * The calls of a run and their cost.
 */

import type { Kinship } from "./analysis.js";

/**
 * The usage of one call, in tokens and USD. A value is `null` if the provider did not report it.
 */
export interface CallUsage {
  cost: number | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  reasoning_tokens: number | null;
}

/** The usage of several calls. Token counts are the sums of the reported values. */
export interface StageUsage {
  /** The total cost in USD. `null` if the cost of a call is unknown. */
  cost: number | null;
  /** The sum of the known costs, in USD. */
  cost_so_far: number;
  prompt_tokens: number;
  completion_tokens: number;
  reasoning_tokens: number;
  /** Number of calls whose cost is unknown. */
  unknown_calls: number;
}

/** The usage of a run. */
export interface Usage extends StageUsage {
  /** The usage of each stage. A stage without a call has zeros. */
  by_stage: {
    panel: StageUsage;
    analysis: StageUsage;
    /** Absent if no contradiction was checked. */
    verification?: StageUsage;
    answer: StageUsage;
  };
}

/** One call. */
export interface Activity {
  /** The stage that made the call. */
  stage: "panel" | "analysis" | "verification" | "answer";
  /** The index of the panelist or, in the stage `verification`, of the contradiction. */
  index?: number;
  model: string;
  /** The model that answered, as the provider reports it. */
  model_served: string | null;
  /** The provider's name, or the host of `baseURL` if it has no name. */
  provider: string;
  /** The provider's id of the call. */
  generation_id: string | null;
  /** The number of the attempt, from 1. Retries and fallbacks count as attempts. */
  attempt: number;
  /** The round of a call of the analyst. Absent if the request has no `escalate`. */
  round?: 1 | 2;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  reasoning_tokens: number | null;
  cost: number | null;
  /** Milliseconds from the request to the end of the response. */
  latency_ms: number;
  status: "completed" | "failed" | "cancelled";
}

/**
 * A range of costs in USD. A cost is `null` if a model has no price.
 *
 * The values are estimates. Three bytes of a prompt count as one token.
 *
 * - `low`: 300 tokens from each model, no web search, and no contradiction to check.
 * - `expected`: 1,500 tokens from each model. Each panelist and the analyst make two web searches,
 *   and each search adds 5,000 tokens to the prompt. There are two contradictions to check.
 * - `high`: `max_completion_tokens` from each model, `max_tool_calls` searches, all fallbacks, a
 *   second call of the analyst, and the largest number of checks.
 */
export interface CostRange {
  /** The cost of a short run. */
  low: number | null;
  /** The cost of an ordinary run. */
  expected: number | null;
  /** The cost of a run that uses everything that the request allows. */
  high: number | null;
}

/** The cost of a run, and of each stage. */
export interface StageCosts extends CostRange {
  /** The cost of each stage. */
  by_stage: {
    panel: CostRange;
    analysis: CostRange;
    /** Present if the run may check contradictions. */
    verification?: CostRange;
    answer: CostRange;
  };
}

/**
 * The estimated cost of a run. With `escalate`, `low` is the cost without the further panelists,
 * and `expected` and `high` are the costs with them.
 */
export interface Estimate extends StageCosts {
  /**
   * `settled` is the cost without the further panelists of `escalate`, and `escalated` is the cost
   * with them. Absent without `escalate`. Also absent if the run resumes a run that has already
   * asked or skipped the further panelists.
   */
  branches?: { settled: StageCosts; escalated: StageCosts };
  /** The providers that the run may call, each once. Fallbacks are included. */
  providers: { name: string; base_url: string }[];
  /** Models without a price. */
  unknown: string[];
  /**
   * Says which of the requested models belong to the same family. The result contains the same data
   * for the models that answered.
   */
  kinship: Kinship;
}
