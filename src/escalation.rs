//! Defines why a run with `escalate` asked or skipped its further panelists.

use serde::{Deserialize, Serialize};

/// Why the further panelists of `escalate` were asked or skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EscalationReason {
    /// Asked: the first analysis has enough contradictions.
    Contradictions,
    /// Asked: `shouldEscalate` returned `true`.
    Asked,
    /// Skipped: the first analysis has too few contradictions.
    Agreement,
    /// Skipped: the first analysis failed, or `proceed()` ended the analysis.
    NoAnalysis,
    /// Skipped: `shouldEscalate` returned `false`, or `proceed()` was called before it returned.
    NotAsked,
}

impl EscalationReason {
    /// Returns whether the further panelists are asked.
    pub(crate) fn escalates(self) -> bool {
        matches!(self, Self::Contradictions | Self::Asked)
    }
}

/// Whether the further panelists of `escalate` were asked: `Escalation` in `index.d.ts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Escalation {
    pub escalated: bool,
    pub reason: EscalationReason,
}

impl From<EscalationReason> for Escalation {
    fn from(reason: EscalationReason) -> Self {
        Self {
            escalated: reason.escalates(),
            reason,
        }
    }
}
