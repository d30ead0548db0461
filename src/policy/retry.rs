//! What happens after a failed call: the same again, the next model, or nothing.

use crate::error::{Code, Error};

const FIRST_DELAY_MS: u64 = 500;
const LONGEST_DELAY_MS: u64 = 30_000;
/// A provider that asks for more patience than this is not waited for.
const LONGEST_RETRY_AFTER_MS: u64 = 120_000;

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAction {
    /// Call the same model again after this long.
    Retry {
        /// Milliseconds.
        delay_ms: u64,
    },
    /// Go on to the next model, if there is one.
    NextModel,
}

/// Decides after the `failures`th failure of one model in a row. `has_output`: there was text already, which a repeat would pay for
/// twice; `jitter`: a random number from 0 to 1.
pub fn next_action(error: &Error, failures: u32, max_retries: u32, has_output: bool, jitter: f64) -> RetryAction {
    let wait = error.retry_after_ms.unwrap_or_default().get();
    if has_output || failures > max_retries || wait > LONGEST_RETRY_AFTER_MS || !is_transient(error) {
        return RetryAction::NextModel;
    }
    let doublings = failures.saturating_sub(1).min(10);
    let backoff = FIRST_DELAY_MS.saturating_mul(1 << doublings).min(LONGEST_DELAY_MS);
    // From half to the whole of it, so that eight panelists turned away together do not come back together.
    let backoff = (backoff as f64 * (0.5 + 0.5 * jitter.clamp(0.0, 1.0))) as u64;
    RetryAction::Retry { delay_ms: backoff.max(wait) }
}

/// How long one waits who is seated again by hand, after so many times before: at first not at all, for a person has thought about it; then ever
/// longer, for a program that seats again whoever fails would ask without end.
pub fn manual_retry_delay(times: u32) -> u64 {
    if times == 0 { 0 } else { (FIRST_DELAY_MS << (times - 1).min(10)).min(LONGEST_DELAY_MS) }
}

/// Whether the same call may succeed later.
fn is_transient(error: &Error) -> bool {
    match error.code {
        Code::RateLimited | Code::NetworkError => true,
        Code::ProviderError => !matches!(error.status_code, Some(300..=499)),
        // A provider's own time-out passes; ours has used up the patience there was.
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
    fn only_what_may_pass_is_repeated() {
        let again = |error: &Error| matches!(next_action(error, 1, 2, false, 0.0), RetryAction::Retry { .. });
        for (code, status) in [
            (Code::RateLimited, Some(429)),
            (Code::NetworkError, None),
            (Code::ProviderError, Some(503)),
            (Code::ProviderError, None),
            (Code::Timeout, Some(408)),
        ] {
            assert!(again(&error(code, status)), "{code:?}");
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
            assert!(!again(&error(code, status)), "{code:?}");
        }
    }

    #[test]
    fn delays_double_up_to_a_limit_and_never_undercut_retry_after() {
        let mut busy = error(Code::RateLimited, Some(429));
        let delays: Vec<_> = (1..=3).map(|failures| next_action(&busy, failures, 9, false, 1.0)).collect();
        assert_eq!(delays, [500, 1000, 2000].map(|delay_ms| RetryAction::Retry { delay_ms }));
        assert_eq!(next_action(&busy, 1, 9, false, 0.0), RetryAction::Retry { delay_ms: 250 });
        assert_eq!(next_action(&busy, 9, 9, false, 1.0), RetryAction::Retry { delay_ms: 30_000 });
        busy.retry_after_ms = Some(7_000.into());
        assert_eq!(next_action(&busy, 1, 9, false, 1.0), RetryAction::Retry { delay_ms: 7_000 });
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
    fn text_is_not_paid_for_twice() {
        assert_eq!(next_action(&error(Code::NetworkError, None), 1, 2, true, 1.0), RetryAction::NextModel);
    }
}
