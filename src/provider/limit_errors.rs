//! Creates the errors of requests that exceed a limit of time or size.

use crate::error::{Code, Error};

/// Returns the error of a call that waited `limit_ms` for `what`.
pub(super) fn timeout_error(what: &str, limit_ms: u64) -> Error {
    Error::new(Code::Timeout, format!("waited {limit_ms} ms for {what}"))
}

/// Returns the error for `what` that exceeds the option `limit` of `bytes` bytes.
pub(super) fn too_long(what: &str, limit: &str, bytes: usize) -> Error {
    Error::new(
        Code::ProviderError,
        format!("{what} is longer than `{limit}` ({bytes} bytes)"),
    )
}
