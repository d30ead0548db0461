//! Limits how long a step of a run may take.

use futures::future::{Either, select};

use crate::error::{Code, Error, Result};
use crate::provider::Environment;

/// Waits for `work`. If `work` takes longer than `limit_ms`, fails with the code `timeout`.
/// `message` names the limit.
///
/// This is not an `async fn`, because an `async fn` would store `work` twice.
pub(super) fn with_timeout<T>(
    env: &Environment,
    limit_ms: u64,
    message: &str,
    work: impl Future<Output = Result<T>>,
) -> impl Future<Output = Result<T>> {
    let work = Box::pin(work);
    async move {
        match select(work, env.clock.sleep(limit_ms)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(Error::new(
                Code::Timeout,
                format!("{message} ({limit_ms} ms)"),
            )),
        }
    }
}
