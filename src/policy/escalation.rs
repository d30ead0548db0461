//! Decides after the first analysis whether the further panelists are asked. In: the number of
//! contradictions. Out: an [`EscalationReason`].

use crate::result::EscalationReason;

/// Decides whether the further panelists are asked. `contradictions` is `None` if there is no
/// analysis. `asked` is the answer of the caller's `shouldEscalate`. It has precedence over the
/// number of contradictions.
pub(crate) fn decide(
    contradictions: Option<usize>,
    min_contradictions: usize,
    asked: Option<bool>,
) -> EscalationReason {
    match (contradictions, asked) {
        (None, _) => EscalationReason::NoAnalysis,
        (Some(_), Some(true)) => EscalationReason::Asked,
        (Some(_), Some(false)) => EscalationReason::NotAsked,
        (Some(count), None) if count >= min_contradictions => EscalationReason::Contradictions,
        (Some(_), None) => EscalationReason::Agreement,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_decide_unless_the_caller_does() {
        for (contradictions, asked, expected) in [
            (Some(0), None, EscalationReason::Agreement),
            (Some(1), None, EscalationReason::Agreement),
            (Some(2), None, EscalationReason::Contradictions),
            (Some(0), Some(true), EscalationReason::Asked),
            (Some(9), Some(false), EscalationReason::NotAsked),
            (None, None, EscalationReason::NoAnalysis),
            (None, Some(true), EscalationReason::NoAnalysis),
        ] {
            assert_eq!(decide(contradictions, 2, asked), expected);
        }
    }
}
