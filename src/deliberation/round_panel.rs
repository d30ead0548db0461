//! Defines the panel of a round and its outcome. Decides which panelists are called, and which
//! panelists are called only if the caller restarts them.

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
    /// The further panelists of `escalate`. Contains the outcome of the first round.
    ///
    /// If a panelist failed in the first round, or its text was cut off, the caller may restart it.
    /// A panelist without an outcome is called.
    Second(&'a PanelOutcome),
}

impl RoundPanel<'_> {
    pub(super) fn round(self) -> Round {
        match self {
            RoundPanel::First => Round::First,
            RoundPanel::Second(_) => Round::Second,
        }
    }

    /// Returns the number of panelists. In the second round, the number includes the panelists of
    /// the first round.
    pub(super) fn members(self, plan: &Plan) -> usize {
        match self {
            RoundPanel::First => plan.first_round,
            RoundPanel::Second(_) => plan.panel.len(),
        }
    }

    /// Returns the quorum of the round. The second round cannot fail because of too few answers,
    /// because the run already has the answers of the first round.
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
                    // A resumed second round may ask a panelist again. A panelist that failed in
                    // the first round may have answered in the second round of the earlier run.
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
    /// The panelist has no outcome and is called.
    Call,
    /// The panelist failed in the first round, or its text was cut off in the first round. The
    /// panelist is called only if the caller restarts it.
    Failed(Failure),
    /// The panelist has its final outcome and is not called.
    Settled(Result<Response>),
}

/// Returns the failure of a panelist whose text was cut off. If the panelist does not restart, the
/// text remains its answer.
fn cut_off(response: Response) -> Failure {
    let error = response.error.clone();
    let no_error = || Error::new(Code::Timeout, "the text was cut off");
    Failure {
        error: error.unwrap_or_else(no_error),
        kept: Some(response),
    }
}
