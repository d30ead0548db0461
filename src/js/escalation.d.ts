/**
 * The rounds of a run with `escalate`, and the members of its panel.
 */

/** The round to which an event of the analyst belongs. Absent if the request has no `escalate`. */
export interface AnalysisRound {
  /** 1 for the comparison of the first panelists, and 2 if it includes the further panelists. */
  round?: 1 | 2;
}

/**
 * Why the further panelists of `escalate` were asked or skipped. New values may be added in minor
 * versions.
 *
 * - `contradictions`: asked, because the first analysis has enough contradictions.
 * - `asked`: asked, because `shouldEscalate` returned `true`.
 * - `agreement`: skipped, because the first analysis has too few contradictions.
 * - `no_analysis`: skipped, because the first analysis failed or `proceed()` ended it.
 * - `not_asked`: skipped, because `shouldEscalate` returned `false` or `proceed()` ended it.
 */
export type EscalationReason =
  | "contradictions"
  | "asked"
  | "agreement"
  | "no_analysis"
  | "not_asked"
  | (string & {});

/** Whether the further panelists of `escalate` were asked, and why. */
export interface Escalation {
  /** Whether the further panelists were asked. */
  escalated: boolean;
  /** Why the further panelists were asked or skipped. */
  reason: EscalationReason;
}

/** A member of the panel. */
export interface PanelMember {
  index: number;
  model: string;
  /** The provider's name. If the provider has no name, the host of its `baseURL`. */
  provider: string;
}
