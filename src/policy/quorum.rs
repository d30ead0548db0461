//! When the panel stops waiting for its stragglers.

/// `quorum` of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Answers that suffice.
    pub min_responses: usize,
    /// How long the others may still take after that; without limit if `None`.
    pub grace_ms: Option<u64>,
}

/// Whether the rest of the panel may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumDecision {
    /// As long as it takes.
    Wait,
    /// Until this moment.
    WaitUntil(u64),
    /// No longer.
    Stop,
}

impl Quorum {
    /// Decides from the moments at which usable answers arrived, in order.
    pub fn decide(&self, answered_at: &[u64], now_ms: u64) -> QuorumDecision {
        let reached = self.min_responses.checked_sub(1).and_then(|last| answered_at.get(last));
        match (reached, self.grace_ms) {
            (Some(at), Some(grace)) => {
                let end = at.saturating_add(grace);
                if now_ms >= end { QuorumDecision::Stop } else { QuorumDecision::WaitUntil(end) }
            }
            _ => QuorumDecision::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grace_begins_with_the_answer_that_makes_the_quorum() {
        let quorum = Quorum { min_responses: 2, grace_ms: Some(100) };
        assert_eq!(quorum.decide(&[10], 1_000), QuorumDecision::Wait);
        assert_eq!(quorum.decide(&[10, 50], 50), QuorumDecision::WaitUntil(150));
        assert_eq!(quorum.decide(&[10, 50, 60], 149), QuorumDecision::WaitUntil(150));
        assert_eq!(quorum.decide(&[10, 50], 150), QuorumDecision::Stop);
    }

    #[test]
    fn without_grace_everybody_is_waited_for() {
        let quorum = Quorum { min_responses: 1, grace_ms: None };
        assert_eq!(quorum.decide(&[0, 0, 0], u64::MAX), QuorumDecision::Wait);
    }

    #[test]
    fn no_grace_at_all_stops_at_once() {
        let quorum = Quorum { min_responses: 1, grace_ms: Some(0) };
        assert_eq!(quorum.decide(&[7], 7), QuorumDecision::Stop);
    }
}
