//! Decides what follows a failed call. In: an error and the number of failures. Out: a
//! [`RetryAction`].

use crate::error::{Code, Error};

const FIRST_DELAY_MS: u64 = 500;
const LONGEST_DELAY_MS: u64 = 30_000;
/// Maximum delay of `Retry-After` for which the run waits. If the provider asks for a longer delay,
/// the run calls the next model.
const LONGEST_RETRY_AFTER_MS: u64 = 120_000;

/// Next step after a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryAction {
    /// Call the same model again after a delay.
    Retry {
        /// Delay in milliseconds.
        delay_ms: u64,
    },
    /// Call the next model, if there is one.
    NextModel,
}

/// Returns the next action after `failures` consecutive failures of one model. `jitter` is a random
/// number from 0 to 1.
///
/// If the failed call had output, does not retry, because a retry would pay for the output twice.
pub(crate) fn next_action(
    error: &Error,
    failures: u32,
    max_retries: u32,
    has_output: bool,
    jitter: f64,
) -> RetryAction {
    let retry_after_ms = error.retry_after_ms.unwrap_or_default().get();
    if has_output
        || failures > max_retries
        || retry_after_ms > LONGEST_RETRY_AFTER_MS
        || !is_transient(error)
    {
        return RetryAction::NextModel;
    }
    let doublings = failures.saturating_sub(1).min(10);
    let backoff = FIRST_DELAY_MS
        .saturating_mul(1 << doublings)
        .min(LONGEST_DELAY_MS);
    // Choose a random delay between half of the delay and the whole delay. Panelists that failed at
    // the same time then retry at different times.
    let backoff = (backoff as f64 * (0.5 + 0.5 * jitter.clamp(0.0, 1.0))) as u64;
    RetryAction::Retry {
        delay_ms: backoff.max(retry_after_ms),
    }
}

/// Returns the delay before a manual retry, in milliseconds. The first retry has no delay. Later
/// delays grow exponentially up to 30 s. The delay protects the provider from a loop that retries
/// every failure.
pub(crate) fn manual_retry_delay(times: u32) -> u64 {
    if times == 0 {
        0
    } else {
        (FIRST_DELAY_MS << (times - 1).min(10)).min(LONGEST_DELAY_MS)
    }
}

/// Returns whether a model that failed in the panel may still be used for another role. The cause
/// of the failure must be transient, a cancellation or the cost limit.
pub(crate) fn may_serve_later(error: &Error) -> bool {
    is_transient(error) || matches!(error.code, Code::Cancelled | Code::BudgetExceeded)
}

/// Returns whether the same call may succeed later.
fn is_transient(error: &Error) -> bool {
    match error.code {
        Code::RateLimited | Code::NetworkError => true,
        Code::ProviderError => !matches!(error.status_code, Some(300..=499)),
        // A timeout that the provider reports has a status and is transient. A timeout without a
        // status comes from this library and means that the time limit has passed.
        Code::Timeout => error.status_code.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: Code, status: Option<u16>) -> Error {
        let mut error = Error::new(code, "");
        error.status_code = status;
        error
    }

    #[test]
    fn only_transient_errors_are_retried() {
        let is_retried = |error: &Error| {
            matches!(
                next_action(error, 1, 2, false, 0.0),
                RetryAction::Retry { .. }
            )
        };
        for (code, status) in [
            (Code::RateLimited, Some(429)),
            (Code::NetworkError, None),
            (Code::ProviderError, Some(503)),
            (Code::ProviderError, None),
            (Code::Timeout, Some(408)),
        ] {
            assert!(is_retried(&error(code, status)), "{code:?}");
        }
        for (code, status) in [
            (Code::InvalidRequest, Some(400)),
            (Code::Authentication, Some(401)),
            (Code::InsufficientCredits, Some(402)),
            (Code::Permission, Some(403)),
            (Code::InvalidModel, Some(404)),
            (Code::ContentPolicy, None),
            (Code::Timeout, None),
        ] {
            assert!(!is_retried(&error(code, status)), "{code:?}");
        }
    }

    #[test]
    fn delays_double_up_to_a_limit_and_are_at_least_retry_after() {
        let mut busy = error(Code::RateLimited, Some(429));
        let delays: Vec<_> = (1..=3)
            .map(|failures| next_action(&busy, failures, 9, false, 1.0))
            .collect();
        assert_eq!(
            delays,
            [500, 1000, 2000].map(|delay_ms| RetryAction::Retry { delay_ms })
        );
        assert_eq!(
            next_action(&busy, 1, 9, false, 0.0),
            RetryAction::Retry { delay_ms: 250 }
        );
        assert_eq!(
            next_action(&busy, 9, 9, false, 1.0),
            RetryAction::Retry { delay_ms: 30_000 }
        );
        busy.retry_after_ms = Some(7_000.into());
        assert_eq!(
            next_action(&busy, 1, 9, false, 1.0),
            RetryAction::Retry { delay_ms: 7_000 }
        );
        busy.retry_after_ms = Some(3_600_000.into());
        assert_eq!(next_action(&busy, 1, 9, false, 1.0), RetryAction::NextModel);
    }

    #[test]
    fn retries_are_counted_per_model() {
        let busy = error(Code::RateLimited, Some(429));
        assert_eq!(next_action(&busy, 1, 0, false, 1.0), RetryAction::NextModel);
        assert_eq!(next_action(&busy, 3, 2, false, 1.0), RetryAction::NextModel);
    }

    #[test]
    fn a_call_with_output_is_not_retried() {
        assert_eq!(
            next_action(&error(Code::NetworkError, None), 1, 2, true, 1.0),
            RetryAction::NextModel
        );
    }
}
