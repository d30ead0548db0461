//! Defines the panel of a round: which panelists are called, which wait for a restart, and the
//! outcome.

use crate::deliberation::panelist::Failure;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::policy::quorum::Quorum;
use crate::result::Response;
use crate::role::Round;

/// The responses and the failures of a panel, both in the order of the panel.
#[derive(Default)]
pub(super) struct PanelOutcome {
    pub responses: Vec<Response>,
    /// Indexes of the panelists that failed, with their errors.
    pub failures: Vec<(usize, Error)>,
    /// The number of attempts of each panelist.
    pub attempts: Vec<u32>,
    /// Whether `proceed()` closed the panel.
    pub is_cut_short: bool,
}

impl PanelOutcome {
    /// Returns the number of panelists that were asked, in all rounds.
    pub(super) fn asked(&self) -> usize {
        self.attempts.len()
    }

    /// Returns the outcome of a panelist, if the panel has one.
    fn of(&self, index: usize) -> Option<Result<Response>> {
        let response = || {
            let mut responses = self.responses.iter();
            responses.find(|response| response.index == index).cloned()
        };
        let failure = || {
            let mut failures = self.failures.iter();
            let failure = failures.find(|(failed, _)| *failed == index);
            failure.map(|(_, error)| Err(error.clone()))
        };
        response().map(Ok).or_else(failure)
    }
}

/// The panel of one round.
#[derive(Clone, Copy)]
pub(super) enum RoundPanel<'a> {
    /// The panel of the request.
    First,
    /// The further panelists of `escalate`, after this outcome of the first round. A panelist that
    /// failed in the first round, or whose text was cut off there, may restart. A panelist without
    /// an outcome is called.
    Second(&'a PanelOutcome),
}

impl RoundPanel<'_> {
    pub(super) fn round(self) -> Round {
        match self {
            RoundPanel::First => Round::First,
            RoundPanel::Second(_) => Round::Second,
        }
    }

    /// Returns the number of panelists. In the second round, includes those of the first round.
    pub(super) fn members(self, plan: &Plan) -> usize {
        match self {
            RoundPanel::First => plan.first_round,
            RoundPanel::Second(_) => plan.panel.len(),
        }
    }

    /// Returns the quorum of the round. The second round has the answers of the first one, so it
    /// cannot fail for too few answers.
    pub(super) fn quorum(self, plan: &Plan) -> Quorum {
        let round = self.round();
        let quorum = plan.quorum.of_round(plan.round_size(round));
        match round {
            Round::First => quorum,
            Round::Second => Quorum {
                fail_below: 0,
                ..quorum
            },
        }
    }

    /// Returns how a panelist starts, and its number of earlier attempts.
    pub(super) fn start(self, plan: &Plan, index: usize) -> (MemberStart, u32) {
        let settled = |outcome: Option<Result<Response>>| {
            outcome.map_or(MemberStart::Call, MemberStart::Settled)
        };
        match self {
            RoundPanel::Second(first) if plan.round_of(index) == Round::First => {
                let attempts = first.attempts.get(index).copied().unwrap_or_default();
                let restored = || plan.restored.panelist(index);
                let start = match first.of(index) {
                    Some(Err(error)) => MemberStart::Failed(Failure { error, kept: None }),
                    // A resumed second round may ask a panelist again. If a panelist failed in the
                    // first round, it may have answered in the second round of the earlier run.
                    Some(Ok(_)) | None if plan.restored.is_escalated() => settled(restored()),
                    Some(Ok(response)) if response.partial => {
                        MemberStart::Failed(cut_off(response))
                    }
                    outcome => settled(outcome.or_else(restored)),
                };
                (start, attempts)
            }
            _ => (settled(plan.restored.panelist(index)), 0),
        }
    }
}

/// How a panelist starts in a round.
pub(super) enum MemberStart {
    /// The panelist is called.
    Call,
    /// The panelist failed in the first round, or its text was cut off there. It may restart.
    Failed(Failure),
    /// The panelist has its final outcome and is not called.
    Settled(Result<Response>),
}

/// Returns the failure of a panelist whose text was cut off. The text remains the panelist's
/// answer, unless the panelist restarts.
fn cut_off(response: Response) -> Failure {
    let error = response.error.clone();
    let no_error = || Error::new(Code::Timeout, "the text was cut off");
    Failure {
        error: error.unwrap_or_else(no_error),
        kept: Some(response),
    }
}
