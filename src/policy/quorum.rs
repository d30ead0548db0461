//! Decides when the panel stops waiting for slow panelists. In: the arrival times of answers. Out:
//! a [`QuorumDecision`].

/// The request's `quorum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quorum {
    /// Number of answers after which the grace period starts.
    pub min_responses: usize,
    /// Grace period for the other panelists, in milliseconds. If `None`, the panel waits for them
    /// without a limit.
    pub grace_ms: Option<u64>,
    /// Minimum number of answers. With fewer answers, the run fails.
    pub fail_below: usize,
    /// Whether a text that was cut off counts as an answer.
    pub accept_partial: bool,
}

/// Whether the panel waits for the panelists that are still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuorumDecision {
    /// Wait without a limit.
    Wait,
    /// Wait until this time, in milliseconds since the origin of `now_ms`.
    WaitUntil(u64),
    /// Stop waiting.
    Stop,
}

impl Quorum {
    /// Waits for every panelist.
    pub(crate) const ALL: Self = Self {
        min_responses: usize::MAX,
        grace_ms: None,
        fail_below: 1,
        accept_partial: false,
    };

    /// Returns the quorum of a round with `members` panelists.
    pub(crate) fn of_round(self, members: usize) -> Self {
        Self {
            min_responses: self.min_responses.min(members),
            ..self
        }
    }

    /// Returns whether the run can no longer get `fail_below` answers. `possible_answers` counts
    /// the panelists that have answered or may still answer.
    pub(crate) fn is_out_of_reach(&self, possible_answers: usize) -> bool {
        possible_answers < self.fail_below
    }

    /// Decides whether the panel waits for more answers. `answered_at` contains the arrival times
    /// of the answers, in ascending order.
    pub(crate) fn decide(&self, answered_at: &[u64], now_ms: u64) -> QuorumDecision {
        let reached = self
            .min_responses
            .checked_sub(1)
            .and_then(|last| answered_at.get(last));
        match (reached, self.grace_ms) {
            (Some(at), Some(grace)) => {
                let end = at.saturating_add(grace);
                if now_ms >= end {
                    QuorumDecision::Stop
                } else {
                    QuorumDecision::WaitUntil(end)
                }
            }
            _ => QuorumDecision::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUORUM: Quorum = Quorum {
        min_responses: 1,
        grace_ms: None,
        fail_below: 1,
        accept_partial: false,
    };

    #[test]
    fn the_run_fails_if_fewer_answers_than_fail_below_are_possible() {
        let quorum = Quorum {
            fail_below: 2,
            ..QUORUM
        };
        assert!(quorum.is_out_of_reach(1));
        assert!(!quorum.is_out_of_reach(2));
    }

    #[test]
    fn grace_starts_with_the_answer_that_reaches_the_quorum() {
        let quorum = Quorum {
            min_responses: 2,
            grace_ms: Some(100),
            ..QUORUM
        };
        assert_eq!(quorum.decide(&[10], 1_000), QuorumDecision::Wait);
        assert_eq!(quorum.decide(&[10, 50], 50), QuorumDecision::WaitUntil(150));
        assert_eq!(
            quorum.decide(&[10, 50, 60], 149),
            QuorumDecision::WaitUntil(150)
        );
        assert_eq!(quorum.decide(&[10, 50], 150), QuorumDecision::Stop);
    }

    #[test]
    fn without_a_grace_the_panel_waits_for_all_panelists() {
        let quorum = QUORUM;
        assert_eq!(quorum.decide(&[0, 0, 0], u64::MAX), QuorumDecision::Wait);
    }

    #[test]
    fn a_grace_of_zero_stops_at_once() {
        let quorum = Quorum {
            grace_ms: Some(0),
            ..QUORUM
        };
        assert_eq!(quorum.decide(&[7], 7), QuorumDecision::Stop);
    }
}
