//! Decides when the panel stops waiting for slow panelists: arrival times in, a [`QuorumDecision`]
//! out.

/// The request's `quorum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quorum {
    /// Number of answers after which the grace period starts.
    pub min_responses: usize,
    /// Grace period for the other panelists, in milliseconds. If `None`, the panel waits for them
    /// without a limit.
    pub grace_ms: Option<u64>,
}

/// Whether the panel waits for the panelists that are still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuorumDecision {
    /// Wait without a limit.
    Wait,
    /// Wait until this time. It is in milliseconds, on the scale of `now_ms`.
    WaitUntil(u64),
    /// Stop waiting.
    Stop,
}

impl Quorum {
    /// Decides from the arrival times of usable answers. The times are in ascending order.
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

    #[test]
    fn grace_starts_with_the_answer_that_reaches_the_quorum() {
        let quorum = Quorum {
            min_responses: 2,
            grace_ms: Some(100),
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
        let quorum = Quorum {
            min_responses: 1,
            grace_ms: None,
        };
        assert_eq!(quorum.decide(&[0, 0, 0], u64::MAX), QuorumDecision::Wait);
    }

    #[test]
    fn a_grace_of_zero_stops_at_once() {
        let quorum = Quorum {
            min_responses: 1,
            grace_ms: Some(0),
        };
        assert_eq!(quorum.decide(&[7], 7), QuorumDecision::Stop);
    }
}
