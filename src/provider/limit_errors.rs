//! Creates the errors of requests that exceed a limit of time or size.

use crate::error::{Code, Error};

/// Returns the error of a call that waited `limit_ms` milliseconds. `what` says what the call
/// waited for, for example "the first byte".
pub(super) fn timeout_error(what: &str, limit_ms: u64) -> Error {
    Error::new(Code::Timeout, format!("waited {limit_ms} ms for {what}"))
}

/// Returns the error for data that is longer than `bytes` bytes. `what` describes the data, and
/// `limit` is the name of the option that sets the limit.
pub(super) fn too_long(what: &str, limit: &str, bytes: usize) -> Error {
    Error::new(
        Code::ProviderError,
        format!("{what} is longer than `{limit}` ({bytes} bytes)"),
    )
}
