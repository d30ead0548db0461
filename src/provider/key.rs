//! Gets the API key of one call, if the caller's `apiKey` is a function.

use std::borrow::Cow;

use crate::error::{Code, Error, Result};
use crate::provider::idle_timer::within;
use crate::provider::limit_errors::timeout_error;
use crate::provider::registry::Provider;
use crate::provider::transport::Environment;
use crate::request::{ApiKey, key_text};

/// The time limit from the start of a call to the first byte of its response. This time includes
/// the call of the caller's key function.
pub(super) struct CallTime {
    start_ms: u64,
    /// The whole limit. Error messages contain it.
    pub limit_ms: u64,
}

impl CallTime {
    /// Starts the time limit.
    pub(super) fn start(env: &Environment, limit_ms: u64) -> Self {
        let start_ms = env.clock.now_ms();
        Self { start_ms, limit_ms }
    }

    /// Returns the remaining time in milliseconds.
    pub(super) fn remaining_ms(&self, env: &Environment) -> u64 {
        let elapsed_ms = env.clock.now_ms().saturating_sub(self.start_ms);
        self.limit_ms.saturating_sub(elapsed_ms)
    }
}

/// Returns the provider with the key of one call. If the caller's key is a function, calls this
/// function. Fails if the function fails, returns no key or takes too long.
///
/// The error message contains no text of the function, because such a text may contain a secret.
pub(super) async fn with_key<'a>(
    provider: &'a Provider,
    env: &Environment,
    time: &CallTime,
) -> Result<Cow<'a, Provider>> {
    if !matches!(provider.api_key, Some(ApiKey::Function)) {
        return Ok(Cow::Borrowed(provider));
    }
    let field = &provider.key_field;
    match within(&*env.clock, time.limit_ms, env.keys.key(field)).await {
        Some(key) => match key.as_deref().and_then(key_text) {
            Some(key) => Ok(Cow::Owned(provider.with_key(key))),
            None => Err(Error::new(
                Code::Authentication,
                format!("the function `{field}` returned no key"),
            )),
        },
        None => {
            let what = format!("the key of `{field}`");
            Err(timeout_error(&what, time.limit_ms))
        }
    }
}
