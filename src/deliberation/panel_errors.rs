//! Builds the run's error if too few panelists answered. Takes the failures of the panelists.
//! Returns one error.

use crate::error::{Code, Error};
use crate::plan::Plan;

/// Returns the run's error if some panelists answered, but fewer than `quorum.fail_below`.
pub(super) fn quorum_not_met(plan: &Plan, answered: usize, failures: &[(usize, Error)]) -> Error {
    let message = format!(
        "only {answered} of {} panelists answered, and `quorum.fail_below` is {} ({})",
        plan.first_round,
        plan.quorum.fail_below,
        messages(plan, failures)
    );
    Error::new(Code::QuorumNotMet, message)
}

/// Returns the messages of failed panelists.
fn messages(plan: &Plan, failures: &[(usize, Error)]) -> String {
    let message = |(index, error): &(usize, Error)| {
        format!("{}: {}", plan.panelist_name(*index), error.message)
    };
    failures.iter().map(message).collect::<Vec<_>>().join("; ")
}

/// Returns the run's error if all panelists failed. A code that all errors share becomes the run's
/// code. Otherwise an exceeded budget, missing credit or a rate limit takes precedence, because the
/// caller can act on it. `given_up` has the panelists that were stopped because the others had
/// failed. They do not change the code.
pub(super) fn all_failed_error(
    plan: &Plan,
    failures: &[(usize, Error)],
    given_up: &[usize],
) -> Error {
    let is_cause = |(index, _): &&(usize, Error)| !given_up.contains(index);
    let errors = || failures.iter().filter(is_cause).map(|(_, error)| error);
    let message = format!("every panelist failed ({})", messages(plan, failures));
    let cause = shared_cause(errors);
    match cause {
        Some(cause) => {
            let mut error = cause.clone().with_message(message);
            error.index = None;
            error
        }
        None => Error::new(Code::AllPanelsFailed, message),
    }
}

/// Returns the panelist's error that gives the run's error its code, if there is one.
fn shared_cause<'a, I: Iterator<Item = &'a Error>>(errors: impl Fn() -> I) -> Option<&'a Error> {
    let any = |code: Code| errors().find(|error| error.code == code);
    let first = errors().next();
    let shared = first.filter(|first| errors().all(|error| error.code == first.code));
    shared
        .or_else(|| any(Code::BudgetExceeded))
        .or_else(|| any(Code::InsufficientCredits))
        .or_else(|| any(Code::RateLimited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_code_is_the_shared_one_or_one_the_caller_can_act_on() {
        let code = |codes: &[Code]| {
            let errors: Vec<_> = codes.iter().map(|code| Error::new(*code, "")).collect();
            shared_cause(|| errors.iter()).map_or(Code::AllPanelsFailed, |error| error.code)
        };
        assert_eq!(
            code(&[Code::Authentication, Code::Authentication]),
            Code::Authentication
        );
        assert_eq!(
            code(&[Code::ProviderError, Code::RateLimited]),
            Code::RateLimited
        );
        assert_eq!(
            code(&[Code::RateLimited, Code::InsufficientCredits]),
            Code::InsufficientCredits
        );
        assert_eq!(
            code(&[Code::Timeout, Code::NetworkError]),
            Code::AllPanelsFailed
        );
    }
}
